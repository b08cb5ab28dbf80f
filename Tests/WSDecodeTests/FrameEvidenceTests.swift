import Streams
import TestSupport
import Testing
import WSDecode

/// How much evidence is enough to believe in frames: all that there is helps, and chance never does.
@Suite struct FrameEvidenceTests {
  /// 15 bytes that look like nothing.
  static let rest = Array("...lo, my world".utf8)

  /// Both directions have lost their boundaries; then come the segments.
  static func legs(_ segments: [(Side, [UInt8])]) -> LegRecorder {
    var talk = Conversation()
    talk.upgrade()
    talk.sendUncaptured(.client, 100)
    talk.sendUncaptured(.server, 100)
    for (side, bytes) in segments { talk.send(side, bytes) }
    talk.acknowledge(.client)
    talk.acknowledge(.server)
    talk.finish(.server)
    return Stages.legEvents(of: talk.packets)
  }

  @Test func `a Close and its reply help each other`() {
    let legs = Self.legs([
      (.client, Self.rest), (.server, Self.rest), (.server, WebSocketBytes.close(1000)),
      (.client, WebSocketBytes.close(1000, from: .client)),
    ])
    #expect(Set(legs.closeFrames.map(\.side)) == [.client, .server])
    #expect(legs.facts.count == 2)
    #expect(
      Set(legs.finds) == [
        Place(side: .client, offset: .afterRequest + 115), Place(side: .server, offset: .afterResponse + 115),
      ])
  }

  @Test func `Closes that say different things do not help each other`() {
    let legs = Self.legs([
      (.client, Self.rest), (.server, Self.rest), (.server, WebSocketBytes.close(1000)),
      (.client, WebSocketBytes.close(1001, from: .client)),
    ])
    #expect(legs.finds == [] && legs.closes == [])
  }

  @Test func `a Close that is known helps to find its reply`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4000))
    talk.sendUncaptured(.client, 100)
    talk.send(.client, Self.rest + WebSocketBytes.close(4000, from: .client))
    talk.acknowledge(.server)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(Set(legs.closeFrames.map(\.side)) == [.client, .server])
    #expect(legs.finds == [Place(side: .client, offset: .afterRequest + 115)])
  }

  /// What is more than enough evidence must not be too much.
  @Test(arguments: [3, 30, 300, 3000])
  func `many frames in one segment are believed`(count: Int) {
    let frames = [[UInt8]](repeating: WebSocketBytes.text("0123456789"), count: count)
    let legs = Self.legs([(.server, Self.rest), (.server, Array(frames.joined()))])
    #expect(legs.finds == [Place(side: .server, offset: .afterResponse + 115)])
    #expect(legs.facts.map(\.range) == Script(after: Int(UInt64.afterResponse) + 115, frames).ranges)
  }

  @Test func `a chain goes on over bytes missing inside a payload`() {
    let frame = WebSocketBytes.frame(.binary, [UInt8](repeating: 0x61, count: 100))
    var talk = Conversation()
    talk.upgrade()
    talk.sendUncaptured(.server, 100)
    talk.send(.server, Array(frame.prefix(20)))
    talk.sendUncaptured(.server, 50)
    talk.send(.server, Array(frame.suffix(32)))
    talk.send(.server, frame)
    talk.acknowledge(.client)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.facts.map(\.missing) == [50, 0])
    #expect(legs.facts.map(\.range) == Script(after: Int(UInt64.afterResponse) + 100, [frame, frame]).ranges)
  }

  /// The message's first fragment was among the missing bytes.
  @Test func `a continuation behind boundaries that were found is no violation`() {
    let legs = Self.legs([
      (.server, WebSocketBytes.frame(.ping, [1])), (.server, WebSocketBytes.frame(.ping, [2])),
      (.server, WebSocketBytes.frame(.continuation, [0x61], isFinal: false)),
      (.server, WebSocketBytes.frame(.continuation, [0x61])),
      (.server, WebSocketBytes.frame(.continuation, [0x61])),
    ])
    #expect(legs.facts.map(\.opcode) == [.ping, .ping, .continuation, .continuation, .continuation])
    #expect(legs.facts.map(\.violations) == [[], [], [], [], .fragmentOrder])
  }

  /// 400 directions of 64 segments: small and large ones, from both sides, with and without compression.
  @Test(arguments: 1...40)
  func `random payload is never taken for frames`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    for trial in 0..<10 {
      let longest = [3, 20, 200, 1448][trial % 4]
      let segments = (0..<64).map { _ in random.bytes(Int.random(in: 1...longest, using: &random)) }
      let legs = FrameFinderTests.legs(trial % 2 == 0 ? .server : .client, segments, deflate: trial % 3 == 0)
      #expect(legs.finds == [] && legs.facts == [] && legs.closes == [])
    }
  }

  /// Every place is a segment's beginning and its end: neither tells anything.
  @Test(arguments: 1...60)
  func `random payload byte by byte is never taken for frames`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let segments = random.bytes(500).map { [$0] }
    let legs = FrameFinderTests.legs(seed % 2 == 0 ? .server : .client, segments, deflate: seed % 3 == 0)
    #expect(legs.finds == [] && legs.facts == [] && legs.closes == [])
  }
}
