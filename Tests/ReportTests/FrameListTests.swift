import Foundation
import Streams
import TestSupport
import Testing
import WSDecode

@testable import Report

@Suite struct FrameListTests {
  @Test func `every frame is a line in both formats`() throws {
    let reports = Reports(Self.packets)
    let opcodes = try JSON.objects(reports.frames(.ndjson)).map { $0["opcode"] as? String }
    #expect(opcodes == ["text", "ping", "continuation", "close", "close"])
    let lines = reports.frames(.text).split(separator: "\n")
    #expect(lines.count == 5)
    for (line, opcode) in zip(lines, opcodes) { #expect(line.contains(try #require(opcode))) }
  }

  @Test func `a line tells where the frame was and what its header says`() throws {
    let first = try #require(try JSON.objects(Reports(Self.packets).frames(.ndjson)).first)
    #expect(first["schema"] as? String == "wsclose.frame/1")
    #expect(first["capture"] as? String == "test.pcap")
    #expect(first["client"] as? String == "10.9.1.2:40000")
    #expect(first["server"] as? String == "10.9.1.1:80")
    #expect(first["from"] as? String == "server")
    #expect(first["fin"] as? Bool == false)
    #expect(first["masked"] as? Bool == false)
    #expect(first["length"] as? Int == 5)
    #expect(first["packet"] as? Int == 7)
    #expect((first["at"] as? String)?.hasPrefix("2026-01-01T00:00:00.0") == true)
  }

  @Test func `a Close frame carries its code and reason`() throws {
    let closes = try JSON.objects(Reports(Self.packets).frames(.ndjson)).suffix(2)
    #expect(try closes.map { try $0.object("close")["code"] as? Int } == [4321, 1000])
    #expect(try closes.map { try $0.object("close")["reason"] as? String } == ["test", nil])
    #expect(closes.map { $0["from"] as? String } == ["server", "client"])
  }

  @Test func `only a Close frame has a code`() throws {
    for frame in try JSON.objects(Reports(Self.packets).frames(.ndjson)).prefix(3) {
      #expect(frame["close"] == nil || frame["close"] is NSNull)
    }
  }

  @Test func `what breaks the protocol is named`() throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(.server, WebSocketBytes.frame(.text, [], reserved: 2, mask: 7))
    conversation.send(.server, WebSocketBytes.close(1000) + WebSocketBytes.text(""))
    let frames = try JSON.objects(Reports(conversation.packets).frames(.ndjson))
    #expect(
      frames.map { $0["violations"] as? [String] } == [["reserved-bits", "masking"], [], ["after-close"]])
    #expect(Reports(conversation.packets).frames(.text).contains("!after-close"))
  }

  static let flags: [(header: [UInt8], text: String)] = [
    ([0x81, 0x00], ""), ([0x81, 0x80, 1, 2, 3, 4], "  masked"), ([0x01, 0x00], "  fragment"),
    ([0xc1, 0x00], "  RSV1"), ([0xf1, 0x00], "  RSV1  RSV2  RSV3"),
    ([0x21, 0x80, 0, 0, 0, 0], "  masked  fragment  RSV2"),
  ]

  @Test(arguments: flags)
  func `a line of text names the bits of the header`(_ header: [UInt8], text: String) throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(.server, header)
    let line = Reports(conversation.packets).frames(.text).prefix { $0 != "!" && $0 != "\n" }
    let ends = "leg 1  10.9.1.1:80 → 10.9.1.2:40000"
    #expect(line.contains("  \(ends)  text  0\(text)"), "\(line)")
    #expect(
      line.split(separator: " ").last == (text.isEmpty ? "0" : text.split(separator: " ").last), "\(line)")
  }

  @Test func `RSV1 means compression where it was agreed on`() throws {
    var conversation = Conversation()
    conversation.open()
    conversation.send(
      .client, WebSocketBytes.request(extraFields: ["Sec-WebSocket-Extensions: permessage-deflate"]))
    conversation.send(
      .server, WebSocketBytes.response(extraFields: ["Sec-WebSocket-Extensions: permessage-deflate"]))
    conversation.send(.server, [0xc1, 0x01, 0x00])
    let line = Reports(conversation.packets).frames(.text)
    #expect(line.hasSuffix("  text  1  compressed\n"), "\(line)")
  }

  @Test func `a capture with a name is told with it`() throws {
    let reports = Reports(Self.packets)
    for (plain, named) in zip(
      reports.frames(.text).split(separator: "\n"),
      reports.frames(.text, name: "a/\u{1b}.pcap").split(separator: "\n"))
    {
      #expect(named == "a/\\u{1b}.pcap  " + plain)
    }
    #expect(reports.frames(.ndjson, name: "a/pod.pcap") == reports.frames(.ndjson))
  }

  @Test func `each connection is a leg with a number of its own`() throws {
    let frames = try JSON.objects(Reports(TextReportTests.threeSessions).frames(.ndjson))
    #expect(Set(frames.map { $0["leg"] as? Int }) == [1])
    let both = TestPacket.merged([Self.packets, Self.other])
    let legs = try JSON.objects(Reports(both).frames(.ndjson)).map {
      "\($0["leg"] as? Int ?? 0) \($0["client"] as? String ?? "")"
    }
    #expect(Set(legs) == ["1 10.9.1.2:40000", "2 10.9.1.3:40001"])
  }

  private static var other: [TestPacket] {
    var conversation = Conversation(client: "10.9.1.3:40001", at: 1, clientISN: 7, serverISN: 8)
    conversation.upgrade(key: "AAAAAAAAAAAAAAAAAAAAAA==")
    conversation.send(.server, WebSocketBytes.close(1000))
    return conversation.packets
  }

  @Test func `all frames of a long list are written`() throws {
    var conversation = Conversation()
    conversation.upgrade()
    for _ in 0..<2000 { conversation.send(.server, WebSocketBytes.text("")) }
    let reports = Reports(conversation.packets)
    #expect(try JSON.objects(reports.frames(.ndjson)).count == 2000)
    #expect(reports.frames(.text).split(separator: "\n").count == 2000)
  }

  /// A message in two fragments with a ping between them, and the Close frames.
  private static var packets: [TestPacket] {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(.server, WebSocketBytes.frame(.text, Array("hello".utf8), isFinal: false))
    conversation.send(.server, WebSocketBytes.frame(.ping, []))
    conversation.send(.server, WebSocketBytes.frame(.continuation, Array(" world".utf8)))
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.send(.client, WebSocketBytes.close(1000, from: .client))
    conversation.finish(.server)
    return conversation.packets
  }
}
