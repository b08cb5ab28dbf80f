import Streams
import TestSupport
import Testing

/// When a stream is told that its receiver takes no more.
@Suite struct FlowControlTests {
  static func data(_ stream: UInt32, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var left = count
    while left > 0 {
      bytes += HTTP2Bytes.data(stream, [UInt8](repeating: 7, count: min(left, 16_384)))
      left -= min(left, 16_384)
    }
    return bytes
  }

  static func windows(_ steps: [(Side, [UInt8])], dropping count: Int = 0) throws -> [[Bool]] {
    var (client, server) = (HTTP2Bytes(), HTTP2Bytes())
    var talk = Conversation()
    talk.open()
    talk.send(
      .client,
      try HTTP2Bytes.preface + HTTP2Bytes.settings() + client.extendedConnect(1) + client.extendedConnect(3))
    talk.send(.server, try HTTP2Bytes.settings() + server.accepted(1) + server.accepted(3))
    for (side, bytes) in steps {
      for start in stride(from: 0, to: bytes.count, by: 30_000) {
        talk.send(side, Array(bytes[start..<min(start + 30_000, bytes.count)]))
      }
    }
    return talk.packets.carried.carried.map { $0.windows(.server) }
  }

  @Test func `a stream's window closes when it is used up, and opens again`() throws {
    #expect(
      try Self.windows([
        (.client, HTTP2Bytes.windowUpdate(0, 100_000)), (.server, Self.data(1, 65_535)),
        (.client, HTTP2Bytes.windowUpdate(1, 1)), (.server, Self.data(1, 1)),
      ]) == [[false, true, false], []])
  }

  @Test func `a window that is not used up stays open`() throws {
    #expect(try Self.windows([(.server, Self.data(1, 65_534))]) == [[], []])
  }

  @Test func `the connection's window stops all of its streams`() throws {
    #expect(
      try Self.windows([
        (.server, Self.data(1, 30_000) + Self.data(3, 35_535)),
        (.client, HTTP2Bytes.windowUpdate(0, 5)),
      ]) == [[false, true], [false, true]])
  }

  @Test func `SETTINGS change the windows of open streams`() throws {
    #expect(
      try Self.windows([
        (.server, Self.data(1, 100)), (.client, HTTP2Bytes.settings([(4, 100)])),
        (.client, HTTP2Bytes.settings([(4, 101)])), (.client, HTTP2Bytes.settings([(4, 0)])),
      ]) == [[false, true, false], [false]])
  }

  @Test func `padding uses up the window, too`() throws {
    #expect(
      try Self.windows([
        (.client, HTTP2Bytes.settings([(4, 20)])),
        (.server, HTTP2Bytes.data(1, [1, 2, 3, 4, 5, 6, 7, 8], padding: 11)),
      ]) == [[false], []])
  }

  @Test func `endless window updates overflow nothing`() throws {
    let updates = (0..<3000).flatMap { _ in HTTP2Bytes.windowUpdate(1, 0x7fff_ffff) }
    #expect(try Self.windows([(.client, updates)]) == [[], []])
  }
}
