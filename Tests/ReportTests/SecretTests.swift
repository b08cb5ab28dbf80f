import Streams
import TestSupport
import Testing
import WSDecode

@testable import Report

/// What may be secret is in no output; payload is in none unless it is asked for.
@Suite struct SecretTests {
  static let requestFields = [
    "Cookie: session=SECRET; other=SECRET", "Authorization: Bearer SECRET",
    "Proxy-Authorization: Basic SECRET",
    "X-Api-Key: SECRET", "Referer: https://example.com/?token=SECRET", "User-Agent: test/1",
  ]
  static let responseFields = [
    "Set-Cookie: session=SECRET", "X-Token: SECRET", "Location: https://example.com/?token=SECRET",
  ]

  @Test(arguments: ["/feed?token=SECRET&v=SECRET", "/feed?SECRET", "/feed?a=b&SECRET", "/feed?a=b;c=SECRET"])
  func `no output tells what the handshake keeps secret`(_ target: String) {
    let request = WebSocketBytes.request(target: target, extraFields: Self.requestFields)
    let response = WebSocketBytes.response(extraFields: Self.responseFields)
    let reports = Reports.closed([0x03, 0xe8], request: request, response: response)
    #expect(reports.sessions.count == 1)
    for (name, text) in reports.all { #expect(!text.contains("SECRET"), "\(name)") }
    #expect(reports.text().contains("/feed?"))
  }

  @Test func `a refusal's fields and body are in no output`() {
    let refusal =
      WebSocketBytes.lines(["HTTP/1.1 401 Unauthorized", "Content-Length: 6"] + Self.responseFields)
      + Array("SECRET".utf8)
    let request = WebSocketBytes.request(target: "/feed?token=SECRET", extraFields: Self.requestFields)
    let reports = Reports.closed([], request: request, response: refusal)
    for (name, text) in reports.all { #expect(!text.contains("SECRET"), "\(name)") }
    #expect(reports.text().contains("401"))
  }

  @Test(
    arguments: [Opcode.text, .binary, .ping, .pong, .continuation, Opcode(rawValue: 3)],
    [Side.client, .server])
  func `a payload is in no output`(_ opcode: Opcode, side: Side) {
    let reports = Self.exchange(opcode, side)
    #expect(reports.sessions.count == 1)
    for (name, text) in reports.all {
      #expect(!text.contains("SECRET"), "\(name)")
      #expect(!text.contains("534543524554"), "\(name)")
    }
  }

  @Test func `a payload behind a Close frame is in no output`() {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(
      .server, WebSocketBytes.close(1000) + WebSocketBytes.text("SECRET") + Array("SECRET".utf8))
    conversation.finish(.server)
    for (name, text) in Reports(conversation.packets).all { #expect(!text.contains("SECRET"), "\(name)") }
  }

  @Test func `a payload is listed when it is asked for`() throws {
    for format in [FrameList.Format.text, .ndjson] {
      #expect(Self.exchange(.text, .client).frames(format, withPayload: true).contains("SECRET"))
      #expect(Self.exchange(.binary, .server).frames(format, withPayload: true).contains("534543524554"))
    }
  }

  private static func exchange(_ opcode: Opcode, _ side: Side) -> Reports {
    var conversation = Conversation()
    conversation.upgrade()
    let frame = WebSocketBytes.frame(opcode, Array("SECRET".utf8), mask: side == .client ? 0 : nil)
    // Once whole, once cut by the end of the connection.
    conversation.send(side, frame)
    conversation.send(side, Array(frame.dropLast()))
    conversation.finish(side)
    return Reports(conversation.packets)
  }
}
