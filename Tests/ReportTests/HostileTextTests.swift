import Foundation
import Streams
import TestSupport
import Testing

@testable import Report

/// What strangers put on the wire must not act on the terminal or the program that reads a report.
@Suite struct HostileTextTests {
  static let texts: [HostileText] = [
    "\u{1b}[2J\u{1b}[31mred", "\u{1b}]0;title\u{7}", "\u{9b}31m", "\u{202e}txet\u{2066}x",
    "a\u{200b}b\u{feff}",
    "<script>alert(1)</script>", "NUL\u{0}NUL", "a\u{2028}b\u{2029}c", "\"\\\"},{\"a\":\"b",
    "line\nlost   fake\r",
    "🧨👩‍👩‍👧", "%s%n%d{{7*7}}$(id)`id`", "\u{301}\u{20dd}zalgo\u{489}",
  ]

  @Test(arguments: texts)
  func `a reason acts on no terminal`(_ hostile: HostileText) {
    expectHarmless(Reports.closed(4321, hostile.text))
  }

  @Test(arguments: texts)
  func `a reason reaches programs as it was sent`(_ hostile: HostileText) throws {
    let reason = hostile.text
    let reports = Reports.closed(4321, reason)
    let close = try JSON.session(reports).object("close")
    #expect((close["reason"] as? String).map { Array($0.utf8) } == Array(reason.utf8))
    let frame = try #require(try JSON.objects(reports.frames(.ndjson)).first)
    let framed = try frame.object("close")["reason"] as? String
    #expect(framed.map { Array($0.utf8) } == Array(reason.utf8))
  }

  @Test(arguments: texts)
  func `a reason makes no line of its own`(_ hostile: HostileText) {
    let harmless = Reports.closed(4321, "x")
    let reports = Reports.closed(4321, hostile.text)
    #expect(Self.lineCount(reports.text()) == Self.lineCount(harmless.text()))
    #expect(Self.lineCount(reports.lines) == 1)
    #expect(Self.lineCount(reports.frames(.text)) == Self.lineCount(harmless.frames(.text)))
    #expect(Self.lineCount(reports.frames(.ndjson)) == Self.lineCount(harmless.frames(.ndjson)))
  }

  @Test(
    arguments: [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80, 0x1b, 0x5b]]
      as [[UInt8]])
  func `a reason that is not UTF-8 is repaired in every output`(_ bytes: [UInt8]) throws {
    let reports = Reports.closed([0x10, 0xe1] + bytes)
    expectHarmless(reports)
    let reason = try JSON.session(reports).object("close")["reason"] as? String
    #expect(reason?.unicodeScalars.contains("\u{fffd}") == true)
    #expect(reports.text().unicodeScalars.contains("\u{fffd}"))
  }

  /// A head is made of lines: what would end one cannot be inside.
  static let fields = texts.filter { !$0.text.unicodeScalars.contains("\n") }

  @Test(arguments: fields)
  func `a target acts on no terminal`(_ hostile: HostileText) throws {
    let target = "/" + hostile.text.filter { $0 != " " }
    let reports = Reports.closed([], request: WebSocketBytes.request(target: target))
    expectHarmless(reports)
    let request = try JSON.session(reports).object("request")
    #expect((request["target"] as? String).map { Array($0.utf8) } == Array(target.utf8))
  }

  @Test(arguments: fields)
  func `the handshake's fields act on no terminal`(_ hostile: HostileText) throws {
    let text = hostile.text
    var request = WebSocketBytes.request(extraFields: [
      "User-Agent: \(text)", "X-Request-ID: \(text)", "X-Forwarded-For: \(text)", "Via: \(text)",
    ])
    expectHarmless(
      Reports.closed(
        [], request: request, response: WebSocketBytes.response(extraFields: ["Server: envoy \(text)"])))
    request = WebSocketBytes.request(key: text)
    let refusal = WebSocketBytes.lines(["HTTP/1.1 403 \(text)", "Server: \(text)", "Content-Length: 0"])
    expectHarmless(Reports.closed([], request: request, response: refusal))
  }

  @Test(arguments: texts)
  func `a capture's name acts on no terminal`(_ hostile: HostileText) throws {
    let name = hostile.text
    let reports = Reports.closed([], source: name)
    expectHarmless(reports)
    let capture = try #require(try JSON.object(reports.json).array("captures").first)
    #expect((capture["source"] as? String).map { Array($0.utf8) } == Array(name.utf8))
  }

  @Test(arguments: texts)
  func `a payload that is asked for acts on no terminal`(_ hostile: HostileText) throws {
    let text = hostile.text
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(.server, WebSocketBytes.text(text))
    conversation.send(.client, WebSocketBytes.text(text, from: .client))
    let reports = Reports(conversation.packets)
    let shown = reports.frames(.text, withPayload: true)
    #expect(shown.unicodeScalars.allSatisfy { $0 == "\n" || !Escape.isUnsafe($0) })
    #expect(Self.lineCount(shown) == 2)
    let payloads = try JSON.objects(reports.frames(.ndjson, withPayload: true)).map {
      $0["payload"] as? String
    }
    #expect(payloads.map { $0.map { Array($0.utf8) } } == [Array(text.utf8), Array(text.utf8)])
  }

  private func expectHarmless(_ reports: Reports, _ location: SourceLocation = #_sourceLocation) {
    for (name, text) in reports.all {
      let plain = name == "coloured text" ? text.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") : text
      let unsafe = plain.unicodeScalars.filter { $0 != "\n" && Escape.isUnsafe($0) }
      #expect(unsafe.isEmpty, "\(name)", sourceLocation: location)
      if name == "coloured text" { #expect(plain == reports.text(), sourceLocation: location) }
    }
    #expect(throws: Never.self, sourceLocation: location) {
      _ = try JSON.object(reports.json)
      _ = try JSON.objects(reports.lines)
      _ = try JSON.objects(reports.frames(.ndjson))
    }
  }

  private static func lineCount(_ text: String) -> Int { text.unicodeScalars.count { $0 == "\n" } }
}
