import Streams
import TestSupport
import Testing
import WSDecode

/// Captures that lack packets, or parts of them: what is told of a leg is less, and never anything else.
@Suite struct LossyCaptureTests {
  /// A leg with frames of all sizes, some over several segments, some segments with several frames.
  static let packets: [TestPacket] = {
    var random = SeededGenerator(seed: 7)
    var talk = Conversation()
    talk.upgrade()
    for _ in 1...60 {
      let side: Side = Int.random(in: 0...2, using: &random) == 0 ? .client : .server
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let size = [0, 5, 60, 200, 2000][Int.random(in: 0...4, using: &random)]
        bytes += WebSocketBytes.frame(.text, [UInt8](repeating: 0x61, count: size), from: side)
      }
      for start in stride(from: 0, to: bytes.count, by: 1400) {
        talk.send(side, Array(bytes[start..<min(start + 1400, bytes.count)]))
        talk.acknowledge(side.opposite)
      }
    }
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    talk.send(.client, WebSocketBytes.close(4321, "bye", from: .client))
    talk.finish(.server)
    return talk.packets
  }()

  static let whole = Stages.legEvents(of: packets)

  /// What a frame is, wherever its stream was taken to begin.
  struct Identity: Hashable {
    var side: Side
    var header: FrameHeader
    var first: Int64

    init(_ frame: Frame) {
      side = frame.side
      header = frame.header
      first = frame.first.time.nanoseconds
    }
  }

  static func counts(_ frames: [Frame]) -> [Identity: Int] {
    Dictionary(frames.map { (Identity($0), 1) }, uniquingKeysWith: +)
  }

  static func check(_ packets: [TestPacket]) {
    let known = counts(whole.frames)
    let legs = Stages.legEvents(of: packets)
    for (identity, count) in counts(legs.frames) {
      #expect(count <= known[identity] ?? 0, "\(identity)")
    }
    #expect(legs.frames.allSatisfy { $0.violations == [] })
    #expect(legs.closes.allSatisfy { $0.code == nil || $0.code?.rawValue == 4321 })
    #expect(legs.closes.count <= 2)
  }

  @Test func `the sample has many frames and no fault`() {
    #expect(Self.whole.frames.count > 80)
    #expect(Self.whole.losses == [])
    Self.check(Self.packets)
  }

  @Test(arguments: 1...60)
  func `packets missing anywhere never make up frames`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let share = [0.02, 0.1, 0.3, 0.6][seed % 4]
    Self.check(
      Self.packets.enumerated().filter { index, _ in
        index < 3 || Double.random(in: 0..<1, using: &random) >= share
      }.map(\.element))
  }

  /// Places are those of the whole stream, because the SYN tells where it begins.
  @Test(arguments: 1...20)
  func `frames around missing packets lie where they lay`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let legs = Stages.legEvents(
      of: Self.packets.enumerated().filter { index, _ in
        index < 3 || Int.random(in: 0..<10, using: &random) > 0
      }.map(\.element))
    let places = Set(Self.whole.facts)
    for var frame in legs.facts {
      frame.missing = 0
      #expect(places.contains(frame))
    }
    #expect(Set(legs.facts.map(\.range)).count <= legs.facts.count)
    #expect(legs.facts.count > 20)
  }

  @Test(arguments: stride(from: 1, to: 120, by: 7).map { $0 })
  func `a capture that began late never makes up frames`(first: Int) {
    Self.check(Array(Self.packets.dropFirst(first)))
    Self.check(Array(Self.packets.dropFirst(first)).cut(into: 500))
  }

  @Test(arguments: [0, 1, 2, 10, 40, 60, 100, 180, 200, 1000])
  func `a snaplen never makes up frames`(snaplen: Int) { Self.check(Self.packets.snapped(to: snaplen)) }

  @Test(arguments: [Side.client, .server])
  func `one direction alone never makes up frames`(side: Side) {
    let client = Conversation().client
    Self.check(Self.packets.filter { ($0.segment.source == client) == (side == .client) })
  }

  /// Small segments are snapped whole, long ones are not.
  @Test func `a snaplen that cuts the handshake leaves what can be recognised`() {
    var talk = Conversation()
    talk.upgrade()
    for _ in 1...3 {
      talk.send(.server, WebSocketBytes.text("one"))
      talk.send(.client, WebSocketBytes.text("one", from: .client))
    }
    talk.send(.server, WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets.snapped(to: 40))
    #expect(legs.openings.count == 1)
    #expect(legs.closes.map(\.code?.rawValue) == [4321, 4321])
    #expect(legs.facts(of: .server).first?.range.lowerBound == .afterResponse)
    #expect(legs.facts(of: .client).first?.range.lowerBound == .afterRequest)
    #expect(legs.facts.count == 8)
  }
}
