import Capture
import Streams
import TestSupport
import Testing
import WSDecode

/// WebSockets whose handshake was not captured, recognised by their frames.
@Suite struct PickUpTests {
  static let ports = [("10.9.1.2:40000", "10.9.1.1:80"), ("10.9.1.2:1024", "10.9.1.1:9900")]

  static func frames(_ side: Side, _ texts: [String] = ["one", "two", "three", "four"]) -> [[UInt8]] {
    texts.map { WebSocketBytes.text($0, from: side) }
  }

  @Test(arguments: ports)
  func `frames of both sides are a leg, and their masks tell the client`(client: String, server: String) {
    var talk = Conversation(client: client, server: server)
    for (ours, theirs) in zip(Self.frames(.client), Self.frames(.server)) {
      talk.send(.client, ours)
      talk.send(.server, theirs)
    }
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request) == [nil])
    #expect(legs.openings.map(\.isPickedUp) == [true])
    #expect(legs.openings.map(\.connection.client) == [Endpoint(text: client)])
    #expect(legs.openings.map(\.connection.server) == [Endpoint(text: server)])
    #expect(legs.facts(of: .client).map(\.range) == Script(after: 0, Self.frames(.client)).ranges)
    #expect(
      legs.facts(of: .server).map(\.range)
        == Script(after: 0, Self.frames(.server) + [WebSocketBytes.close(4321, "bye")]).ranges)
    #expect(legs.closes.map(\.reason) == ["bye"])
    #expect(Set(legs.finds) == [Place(side: .client, offset: 0), Place(side: .server, offset: 0)])
    #expect(legs.fins.count == 2)
  }

  @Test(arguments: [Side.client, .server])
  func `one side alone is enough if it says more`(side: Side) {
    var talk = Conversation()
    for frame in Self.frames(side) + Self.frames(side) { talk.send(side, frame) }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.connection.client) == [talk.client])
    #expect(legs.facts.map(\.side) == [Side](repeating: side, count: 8))
  }

  @Test(arguments: [Side.client, .server])
  func `what the other side says later are its own frames or none`(side: Side) {
    var talk = Conversation()
    let frames = Self.frames(side) + Self.frames(side)
    for frame in frames { talk.send(side, frame) }
    for frame in frames { talk.send(side.opposite, frame) }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.facts.map(\.side) == [Side](repeating: side, count: 8))
    #expect(legs.facts.map(\.range) == Script(after: 0, frames).ranges)
  }

  @Test func `a capture may begin inside a frame`() {
    var talk = Conversation()
    talk.send(.server, Array("...the rest of a payload".utf8))
    talk.send(.client, Array("...masked".utf8))
    for _ in 1...3 {
      for side in [Side.server, .client] { for frame in Self.frames(side) { talk.send(side, frame) } }
    }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.facts(of: .server).map(\.range).first?.lowerBound == 24)
    #expect(legs.facts(of: .client).map(\.range).first?.lowerBound == 9)
    #expect(legs.facts.count == 24)
  }

  @Test func `an exchange of Closes is enough`() {
    var talk = Conversation()
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    talk.send(.client, WebSocketBytes.close(4321, "bye", from: .client))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.isPickedUp) == [true])
    #expect(legs.closes.map(\.reason) == ["bye", "bye"])
  }

  static let unbelievable: [[(Side, [UInt8])]] = [
    [(.server, WebSocketBytes.text("one"))],
    [(.server, WebSocketBytes.close(1000)), (.client, WebSocketBytes.close(1001, from: .client))],
    frames(.client).flatMap { [(.client, $0), (.server, $0)] },
    frames(.server).flatMap { [(.server, $0), (.client, $0)] },
    frames(.server, ["one", "two"]).map { (.server, $0) } + [(.client, Array("something else".utf8))],
  ]

  @Test(arguments: unbelievable)
  func `little evidence, or some against it, is no leg`(_ segments: [(Side, [UInt8])]) {
    var talk = Conversation()
    for (side, bytes) in segments { talk.send(side, bytes) }
    #expect(Stages.legEvents(of: talk.packets).events == [])
  }

  @Test func `what was acknowledged before is told`() {
    var talk = Conversation()
    for frame in Self.frames(.server, ["one"]) { talk.send(.server, frame) }
    talk.acknowledge(.client)
    talk.fin(.client)
    for frame in Self.frames(.server) + Self.frames(.server) { talk.send(.server, frame) }
    let events = Stages.legEvents(of: talk.packets).events
    let acknowledged = events.contains {
      if case .stream(.acknowledged(.server, 5, _)) = $0 { true } else { false }
    }
    #expect(acknowledged)
    #expect(events.contains { if case .stream(.ended(.client, .fin, _, _)) = $0 { true } else { false } })
  }

  /// A connection whose beginning was captured and whose handshake was not.
  @Test func `frames are found where the handshake is missing`() {
    var talk = Conversation()
    talk.open()
    talk.sendUncaptured(.client, 200)
    talk.sendUncaptured(.server, 150)
    for _ in 1...2 {
      for side in [Side.server, .client] { for frame in Self.frames(side) { talk.send(side, frame) } }
    }
    talk.acknowledge(.client)
    talk.acknowledge(.server)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.isPickedUp) == [true])
    #expect(legs.facts(of: .client).map(\.range).first?.lowerBound == 200)
    #expect(legs.facts(of: .server).map(\.range).first?.lowerBound == 150)
    #expect(legs.facts.count == 16)
  }

  /// Connections of something else whose beginning was not captured.
  @Test(arguments: 1...40)
  func `random streams are never picked up`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var talk = Conversation()
    for _ in 0..<200 {
      let side: Side = Bool.random(using: &random) ? .client : .server
      talk.send(side, random.bytes(Int.random(in: 1...(seed % 2 == 0 ? 3 : 100), using: &random)))
    }
    #expect(Stages.legEvents(of: talk.packets).events == [])
  }
}
