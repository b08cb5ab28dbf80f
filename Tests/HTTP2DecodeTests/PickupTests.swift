import Streams
import TestSupport
import Testing

/// Connections whose beginning was not captured.
@Suite struct PickupTests {
  /// Messages both ways on three streams, one a segment.
  static func conversation() throws -> [TestPacket] {
    var (talk, client, server) = try CarriedStreamTests.opened()
    talk.send(.client, try client.extendedConnect(3) + client.extendedConnect(5))
    talk.send(.server, try server.accepted(3) + server.accepted(5))
    for index in 0..<20 {
      let stream = UInt32(index % 3 * 2 + 1)
      talk.send(.server, HTTP2Bytes.data(stream, Array("message \(index)".utf8)))
      talk.send(.client, HTTP2Bytes.data(stream, Array("answer \(index)".utf8)))
    }
    talk.send(.server, HTTP2Bytes.reset(1, 10))
    talk.finish(.server)
    return talk.packets
  }

  @Test(arguments: 8..<35)
  func `frames are recognised wherever the capture begins`(start: Int) throws {
    let all = try Self.conversation().carried.carried
    let recorder = TestPacket.numbered(Array(try Self.conversation()[start...])).carried
    #expect(recorder.violations == [])
    #expect(Set(recorder.carried.map(\.connection.http2Stream)) == [1, 3, 5])
    for log in recorder.carried {
      let whole = try #require(all.first { $0.connection.http2Stream == log.connection.http2Stream })
      #expect(!log.connection.sawStart && log.requests.isEmpty && log.statuses.isEmpty)
      #expect(whole.bytes.server.suffix(log.bytes.server.count) == log.bytes.server[...])
      #expect(whole.bytes.client.suffix(log.bytes.client.count) == log.bytes.client[...])
      #expect(log.gaps == [])
      #expect(log.ends.map(\.kind).contains(.rstStream(10)) == (log.connection.http2Stream == 1))
      #expect(log.windows(.server) == [])
    }
  }

  @Test func `every byte behind the place where the capture began is told`() throws {
    let packets = try Self.conversation()
    let recorder = TestPacket.numbered(Array(packets[10...])).carried
    let text = recorder.carried.map { String(decoding: $0.bytes.server, as: UTF8.self) }.joined()
    for index in 1..<20 { #expect(text.contains("message \(index)")) }
  }

  @Test func `the preface tells who the client is`() throws {
    var packets = Array(try CarriedStreamTests.conversation()[3...])
    for index in packets.indices {
      packets[index].segment.source.port = packets[index].segment.source.port == 80 ? 50_000 : 9900
      packets[index].segment.destination.port = packets[index].segment.source.port == 9900 ? 50_000 : 9900
    }
    let recorder = TestPacket.numbered(packets).carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.map(\.connection.server.port) == [50_000, 50_000])
    #expect(recorder.carried.map { String(decoding: $0.bytes.server, as: UTF8.self) } == ["world!", "three"])
    #expect(recorder.carried.map(\.statuses) == [["200"], ["200"]])
  }

  @Test(arguments: 1...10)
  func `WebSockets of their own are never taken for HTTP/2`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var talk = Conversation()
    talk.upgrade()
    for _ in 0..<100 {
      let side: Side = Bool.random(using: &random) ? .client : .server
      let count = Int.random(in: 0...300, using: &random)
      talk.send(
        side,
        WebSocketBytes.frame(
          .binary, [UInt8](repeating: 0, count: count), mask: side == .client ? UInt32(seed) : nil))
    }
    for start in [3, 5, 20] {
      #expect(TestPacket.numbered(Array(talk.packets[start...])).carried.carried.isEmpty)
    }
  }
}
