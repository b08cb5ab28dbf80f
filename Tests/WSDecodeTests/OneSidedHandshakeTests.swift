import Streams
import TestSupport
import Testing
import WSDecode

/// Captures that hold one half of a handshake, or began after it.
@Suite struct OneSidedHandshakeTests {
  static let response = WebSocketBytes.response()
  static let serverFrames = [
    WebSocketBytes.text("one"), WebSocketBytes.text("two"), WebSocketBytes.close(4321),
  ]
  static let opcodes: [Opcode] = [.text, .text, .close]

  static func facts(_ side: Side, _ script: Script) -> [FrameFacts] {
    zip(opcodes, script.ranges).map { FrameFacts(side: side, opcode: $0, range: $1) }
  }

  // MARK: No request

  /// The connection's beginning is in the capture, the request's packet is not.
  @Test func `a response without its request opens a leg`() {
    var talk = Conversation()
    talk.open()
    talk.sendUncaptured(.client, 200)
    talk.send(.server, Self.response)
    talk.send(.server, Array(Self.serverFrames.joined()))
    talk.acknowledge(.client)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request) == [nil])
    #expect(legs.responses.map(\.status) == [101])
    #expect(legs.losses == [Place(side: .client, offset: 0)])
    #expect(legs.facts == Self.facts(.server, Script(after: Self.response.count, Self.serverFrames)))
  }

  /// The capture began between request and response.
  @Test func `the frames behind a response without request are found in both directions`() {
    let clientFrames = [
      WebSocketBytes.text("one", from: .client), WebSocketBytes.text("two", from: .client),
      WebSocketBytes.close(4321, from: .client),
    ]
    var talk = Conversation()
    talk.send(.server, Self.response)
    talk.send(.server, Array(Self.serverFrames.joined()))
    for frame in clientFrames { talk.send(.client, frame) }
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request) == [nil])
    #expect(legs.openings.map(\.connection.sawStart) == [false])
    #expect(
      legs.facts(of: .server) == Self.facts(.server, Script(after: Self.response.count, Self.serverFrames)))
    #expect(legs.facts(of: .client) == Self.facts(.client, Script(after: 0, clientFrames)))
    #expect(legs.finds == [Place(side: .client, offset: 0)])
  }

  @Test func `the client's Close is found although it is all that the client says`() {
    var talk = Conversation()
    talk.send(.server, Self.response + WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.facts(of: .client).map(\.opcode) == [.close])
    #expect(legs.facts(of: .server).map(\.opcode) == [.close])
  }

  /// Its 101 waits for a request that never comes; what the client did meanwhile is part of the leg.
  @Test(arguments: [false, true], [false, true])
  func `the end of a client that says nothing is told, though no request opened the leg`(
    reset: Bool, isWhole: Bool
  ) {
    var talk = Conversation()
    if isWhole { talk.open() }
    talk.sendUncaptured(.client, 200)
    talk.send(.server, Self.response)
    talk.send(.server, Self.serverFrames[0])
    talk.acknowledge(.client)
    if reset { talk.rst(.client) } else { talk.finish(.client) }
    let events = Stages.legEvents(of: talk.packets).events
    let ends = events.compactMap { event -> Side? in
      if case .stream(.ended(let side, _, _, _)) = event { side } else { nil }
    }
    #expect(Set(ends) == (reset ? [.client] : [.client, .server]))
  }

  /// The server sends half a megabyte before the client says anything.
  @Test func `a silent client never costs frames of the server`() {
    let frames = (0..<64).map { WebSocketBytes.frame(.binary, [UInt8](repeating: UInt8($0), count: 8191)) }
    var talk = Conversation()
    talk.send(.server, Self.response)
    for frame in frames {
      talk.send(.server, Array(frame.prefix(1000)))
      talk.send(.server, Array(frame.dropFirst(1000)))
    }
    talk.send(.server, WebSocketBytes.close(4321))
    let legs = Stages.legEvents(of: talk.packets)
    let script = Script(after: Self.response.count, frames + [WebSocketBytes.close(4321)])
    #expect(legs.facts.map(\.range) == script.ranges)
    #expect(legs.facts.allSatisfy { $0.violations == [] })
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  @Test func `a switch to another protocol without its request opens no leg`() {
    var talk = Conversation()
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 101 Switching Protocols", "Upgrade: h2c"]))
    talk.send(.server, [0, 0, 0, 4, 0, 0, 0, 0, 0])
    talk.send(.client, Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    #expect(Stages.legEvents(of: talk.packets).events == [])
  }

  // MARK: No response

  @Test func `a request that is never answered is a leg without response`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.finish(.client)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.count == 1)
    #expect(legs.responses == [] && legs.facts == [] && legs.losses == [] && legs.cuts == [])
    #expect(legs.fins == [Place(side: .client, offset: .afterRequest), Place(side: .server, offset: 0)])
  }

  static func lostResponse(_ frames: [[UInt8]], client: [[UInt8]]) -> LegRecorder {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.sendUncaptured(.server, UInt32(response.count))
    talk.acknowledge(.client)
    for bytes in client { talk.send(.client, bytes) }
    for bytes in frames { talk.send(.server, bytes) }
    talk.acknowledge(.client)
    talk.time += 2
    talk.finish(.server)
    return Stages.legEvents(of: talk.packets)
  }

  @Test func `frames are found behind a response that is missing`() {
    let client = [WebSocketBytes.text("one", from: .client), WebSocketBytes.close(1000, from: .client)]
    let legs = Self.lostResponse(Self.serverFrames, client: client)
    #expect(legs.openings.count == 1)
    #expect(legs.responses == [])
    #expect(legs.losses.contains(Place(side: .server, offset: 0)))
    #expect(legs.finds.contains(Place(side: .server, offset: .afterResponse)))
    #expect(
      legs.facts(of: .server) == Self.facts(.server, Script(after: Self.response.count, Self.serverFrames)))
    #expect(
      legs.facts(of: .client).map(\.range) == Script(after: Int(UInt64.afterRequest), client).ranges)
  }

  /// The missing response may have been a refusal: the connection goes on with HTTP.
  @Test(arguments: [WebSocketBytes.ordinaryRequest, WebSocketBytes.request(target: "/second")])
  func `a request behind a response that is missing is not taken for frames`(second: [UInt8]) {
    let legs = Self.lostResponse([WebSocketBytes.ordinaryResponse], client: [second])
    #expect(legs.facts == [])
    #expect(legs.cuts == [])
    #expect(legs.closes == [])
  }

  /// The missing bytes are of the response in front of the 101, and of its body only.
  @Test func `a 101 behind a body with missing bytes is found`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.ordinaryRequest + WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 200 OK", "Content-Length: 100"]) + [0x61])
    talk.sendUncaptured(.server, 50)
    talk.send(.server, [UInt8](repeating: 0x61, count: 49) + Self.response + WebSocketBytes.text("hi"))
    talk.acknowledge(.client)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.responses.map(\.status) == [101])
    #expect(legs.losses == [])
    #expect(legs.facts.map(\.opcode) == [.text])
  }
}
