import Streams
import TestSupport
import Testing
import WSDecode

/// The two directions of a connection may be ahead of each other in the capture.
@Suite struct DirectionOrderTests {
  /// Two ordinary requests, a refused upgrade, an upgrade, frames of both sides, and the end.
  static let packets: [TestPacket] = {
    var talk = Conversation()
    talk.open()
    for _ in 1...2 {
      talk.send(.client, WebSocketBytes.ordinaryRequest)
      talk.send(.server, WebSocketBytes.ordinaryResponse)
    }
    talk.send(.client, WebSocketBytes.request(target: "/refused"))
    talk.send(.server, WebSocketBytes.refusal)
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("a"))
    for text in ["b", "c", "d"] {
      talk.send(.client, WebSocketBytes.text(text, from: .client))
      talk.send(.server, WebSocketBytes.text(text))
    }
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    talk.send(.client, WebSocketBytes.close(4321, "bye", from: .client))
    talk.finish(.server)
    return talk.packets
  }()

  static let handshake = packets.prefix(3)
  static let data = packets.dropFirst(3)

  static func isSent(_ packet: TestPacket, by side: Side) -> Bool {
    (packet.segment.source == Conversation().client) == (side == .client)
  }

  static func check(_ data: [TestPacket]) {
    let expected = Stages.legEvents(of: packets)
    let legs = Stages.legEvents(of: TestPacket.numbered(handshake + data))
    #expect(legs.openings.map(\.request?.target) == expected.openings.map(\.request?.target))
    #expect(legs.responses.map(\.status) == expected.responses.map(\.status))
    for side in [Side.client, .server] { #expect(legs.facts(of: side) == expected.facts(of: side)) }
    #expect(legs.closes == expected.closes)
    #expect(legs.fins == expected.fins)
    #expect(legs.losses == [] && legs.cuts == [])
  }

  @Test func `the sample has frames and ends of both sides`() {
    let legs = Stages.legEvents(of: Self.packets)
    #expect(legs.facts(of: .client).map(\.opcode) == [.text, .text, .text, .close])
    #expect(legs.facts(of: .server).map(\.opcode) == [.text, .text, .text, .text, .close])
    #expect(legs.responses.map(\.status) == [403, 101])
    #expect(legs.fins.count == 2)
  }

  @Test(arguments: [Side.client, .server])
  func `one side may come whole before the other`(first: Side) {
    Self.check(
      Self.data.filter { Self.isSent($0, by: first) } + Self.data.filter { !Self.isSent($0, by: first) })
  }

  @Test(arguments: 1...40)
  func `how the sides interleave never changes frames`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var sides = [Side.client, .server].map { side in
      Array(Self.data.filter { Self.isSent($0, by: side) }.reversed())
    }
    var mixed: [TestPacket] = []
    while sides.contains(where: { !$0.isEmpty }) {
      // Runs of one side, so that it gets far ahead.
      let side = Int.random(in: 0...1, using: &random)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        if let packet = sides[side].popLast() { mixed.append(packet) }
      }
    }
    Self.check(mixed)
  }

  @Test(arguments: 1...40)
  func `packets that exchange their places never change frames`(seed: Int) {
    Self.check(Array(self.shuffled(UInt64(seed))))
  }

  private func shuffled(_ seed: UInt64) -> [TestPacket] {
    Array(Self.data).shuffled(distance: 1 + Int(seed % 8), seed: seed)
  }

  @Test(arguments: [1, 3, 8])
  func `one side may come whole before the other byte by byte`(size: Int) {
    for first in [Side.client, .server] {
      let data =
        Self.data.filter { Self.isSent($0, by: first) } + Self.data.filter { !Self.isSent($0, by: first) }
      Self.check(data.cut(into: size))
    }
  }

  @Test func `packets that are seen twice are told once`() { Self.check(Array(Self.data).doubled) }
}
