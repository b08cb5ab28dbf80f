import Streams
import TestSupport
import Testing

/// Anyone can put bytes on a wire.
@Suite struct HostileHTTP2Tests {
  @Test(arguments: 1...60)
  func `changed bytes break no rule`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var packets = try seed % 2 == 0 ? CarriedStreamTests.conversation() : PickupTests.conversation()
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let index = Int.random(in: 3..<packets.count, using: &random)
      guard !packets[index].payload.isEmpty else { continue }
      let place = Int.random(in: packets[index].payload.indices, using: &random)
      packets[index].payload[place] = UInt8.random(in: 0...255, using: &random)
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      packets.remove(at: Int.random(in: 0..<packets.count, using: &random))
    }
    if seed % 3 == 0 { packets = packets.cut(into: Int.random(in: 1...30, using: &random)) }
    #expect(TestPacket.numbered(packets).carried.violations == [])
  }

  @Test(arguments: 1...30)
  func `random frames break no rule`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var (talk, _, _) = try CarriedStreamTests.opened()
    for _ in 0..<300 {
      let payload = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      var frame = HTTP2Bytes.frame(
        UInt8.random(in: 0...10, using: &random), flags: UInt8.random(in: 0...63, using: &random),
        stream: UInt32.random(in: 0...9, using: &random), payload)
      if Int.random(in: 0...50, using: &random) == 0 { frame[1] = 0xff }
      talk.send(Bool.random(using: &random) ? .client : .server, frame)
    }
    #expect(talk.packets.carried.violations == [])
  }

  /// A large field in the table, and then thousands of references to it.
  @Test func `a small block cannot become large`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    let field = ("x", String(repeating: "y", count: 3000))
    talk.send(.client, try client.headers(3, HTTP2Bytes.extendedConnect + [field]))
    talk.send(
      .client, HTTP2Bytes.frame(1, flags: 4, stream: 5, [UInt8](repeating: 0xbe, count: 16_000)))
    talk.send(.client, try client.extendedConnect(7))
    let logs = talk.packets.carried.carried
    #expect(logs.map(\.connection.http2Stream) == [1, 3, 5, 7])
    #expect(logs.map(\.requests.count) == [1, 1, 0, 0])
    #expect(logs.map(\.connection.sawStart) == [true, true, false, false])
  }

  @Test func `a block without end is not kept, and the frames go on`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    talk.send(.client, HTTP2Bytes.frame(1, stream: 3, [0x82]))
    let more = HTTP2Bytes.frame(9, stream: 3, [UInt8](repeating: 0x82, count: 16_000))
    for _ in 0..<40 { talk.send(.client, more) }
    talk.send(.client, HTTP2Bytes.frame(9, flags: 4, stream: 3) + HTTP2Bytes.data(1, Array("on".utf8)))
    talk.send(.client, try client.extendedConnect(5))
    let logs = talk.packets.carried.carried
    #expect(logs.map(\.connection.http2Stream) == [1, 3, 5])
    #expect(logs.map(\.connection.sawStart) == [true, false, false])
    #expect(logs[0].bytes.client == Array("on".utf8))
  }

  @Test func `a large table size is not believed`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    talk.send(.server, HTTP2Bytes.settings([(1, .max)]))
    // A dynamic table size update to 2^30 (RFC 7541 §6.3).
    talk.send(.client, HTTP2Bytes.frame(1, flags: 4, stream: 3, [0x3f, 0xe1, 0xff, 0xff, 0xff, 0x03, 0x82]))
    talk.send(.client, try client.extendedConnect(5))
    #expect(talk.packets.carried.carried.map(\.connection.sawStart) == [true, false, false])
  }

  @Test(.timeLimit(.minutes(1)))
  func `frames that concern every stream cost no more than their bytes`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    var bytes: [UInt8] = []
    for index in 1...5000 { bytes += try client.extendedConnect(UInt32(index * 2 + 1)) }
    for index in 0..<20_000 { bytes += HTTP2Bytes.settings([(4, UInt32(index % 2))]) }
    for start in stride(from: 0, to: bytes.count, by: 50_000) {
      talk.send(.client, Array(bytes[start..<min(start + 50_000, bytes.count)]))
    }
    for index in 0..<10_000 { talk.send(.server, HTTP2Bytes.goAway(last: UInt32(50_000 - index), 0)) }
    let recorder = talk.packets.carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.map(\.events.count).reduce(0, +) < 500_000)
  }

  /// The server speaks of streams that nobody asks for.
  @Test(.timeLimit(.minutes(1)))
  func `what waits for a request is bounded`() throws {
    var (talk, client, server) = try CarriedStreamTests.opened()
    for index in 0..<100 {
      talk.send(.server, HTTP2Bytes.data(999, [UInt8](repeating: UInt8(index), count: 8000)))
    }
    talk.send(.client, try client.extendedConnect(3))
    talk.send(.server, try server.accepted(3) + HTTP2Bytes.data(3, Array("on".utf8)))
    let logs = talk.packets.carried.carried
    #expect(logs.map(\.connection.http2Stream) == [1, 999, 3])
    #expect(logs[1].bytes.server.count == 800_000)
    #expect(logs[2].bytes.server == Array("on".utf8))
  }
}
