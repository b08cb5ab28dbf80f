import Capture
import Foundation
import HTTP2Decode
import Streams
import TCPReassembly
import TestSupport
import Testing

/// What is no HTTP/2 passes as if the decoder were not there.
@Suite struct PassingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var segments: [(Side, [UInt8])]
  }
  static let rows = [
    Row(
      testDescription: "an upgrade",
      segments: [(.client, WebSocketBytes.request()), (.server, WebSocketBytes.response())]),
    Row(
      testDescription: "a request that begins as the preface",
      segments: [(.client, Array("PRI * HTTP/1.1\r\n\r\n".utf8))]),
    Row(testDescription: "a part of the preface", segments: [(.client, Array("PRI *".utf8))]),
    Row(
      testDescription: "a server that speaks first",
      segments: [(.server, Array("220 ready\r\n".utf8)), (.client, Array("EHLO".utf8))]),
    Row(
      testDescription: "zeros from the server",
      segments: [(.server, [0, 0, 0]), (.server, [0, 0, 0, 0, 0, 0]), (.client, [1])]),
    Row(
      testDescription: "a server's bytes like the half of SETTINGS",
      segments: [(.server, [0, 0, 6, 4, 0]), (.client, [22, 3, 1])]),
    Row(testDescription: "nothing", segments: []),
  ]

  static func packets(_ row: Row, at size: Int, sawStart: Bool) -> [TestPacket] {
    var talk = Conversation()
    talk.open()
    for (side, bytes) in row.segments { talk.send(side, bytes) }
    talk.finish(.client)
    let packets = talk.packets.cut(into: size)
    return sawStart ? packets : TestPacket.numbered(Array(packets.dropFirst(3)))
  }

  static func check(_ packets: [TestPacket]) {
    let direct = Stages.streams(of: packets)
    let recorder = packets.carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.isEmpty)
    #expect(recorder.logs.flatMap(\.bytes.client) == direct.bytes[.client])
    #expect(recorder.logs.flatMap(\.bytes.server) == direct.bytes[.server])
    guard recorder.logs.count == 1 else { return }
    #expect(recorder.logs[0].events.dropFirst() == direct.events.dropFirst())
  }

  @Test(arguments: rows, [1, 3, 1000])
  func `other connections pass unchanged`(_ row: Row, size: Int) {
    Self.check(Self.packets(row, at: size, sawStart: true))
    Self.check(Self.packets(row, at: size, sawStart: false))
  }

  static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples/other/no-websocket.pcap").path

  @Test func `a capture without HTTP/2 passes unchanged, from wherever it begins`() throws {
    let packets = try TestPacket.read(Self.path)
    for start in stride(from: 0, to: packets.count, by: max(1, packets.count / 40)) {
      #expect(Array(packets[start...]).carried.carried.isEmpty, "from packet \(start)")
    }
  }

  @Test(arguments: 1...30)
  func `random segments are never taken for frames`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var talk = Conversation()
    talk.open()
    for _ in 0..<400 {
      let count = Int.random(in: 1...100, using: &random)
      // Many zeros, as numbers have.
      let mask = UInt8.random(in: 0...3, using: &random)
      let bytes = (0..<count).map { _ in
        UInt8.random(in: 0...3, using: &random) == 0 ? UInt8.random(in: 0...255, using: &random) : mask & 1
      }
      talk.send(Bool.random(using: &random) ? .client : .server, bytes)
    }
    #expect(TestPacket.numbered(Array(talk.packets.dropFirst(3))).carried.carried.isEmpty)
  }
}
