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
    #expect(try closes.map { try $0.object("close")["reason"] as? String } == ["test", ""])
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
