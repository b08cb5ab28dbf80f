import TestSupport
import Testing
import WSDecode

@Suite struct CloseBodyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    /// `nil` if the capture holds all of it.
    var length: UInt64? = nil
    var code: UInt16? = nil
    var reason: String? = nil
    var violations: CloseBodyViolations = []
  }

  static let rows = [
    Row(testDescription: "empty", bytes: []),
    Row(testDescription: "code", bytes: [0x03, 0xe8], code: 1000, reason: ""),
    Row(testDescription: "code and reason", bytes: [0x10, 0xe1, 0x68, 0x69], code: 4321, reason: "hi"),
    Row(testDescription: "one byte", bytes: [0x03], violations: .oneByte),
    Row(
      testDescription: "emoji", bytes: [0x03, 0xe9, 0xf0, 0x9f, 0x91, 0x8b], code: 1001, reason: "👋"),
    Row(
      testDescription: "NUL, ESC and a bidi control are UTF-8",
      bytes: [0x03, 0xe9, 0x00, 0x1b, 0x5b, 0xe2, 0x80, 0xae], code: 1001, reason: "\0\u{1b}[\u{202e}"),
    Row(
      testDescription: "a stray byte", bytes: [0x03, 0xe9, 0x61, 0xff, 0x62], code: 1001,
      reason: "a\u{fffd}b", violations: .invalidUTF8),
    Row(
      testDescription: "a surrogate", bytes: [0x03, 0xe9, 0xed, 0xa0, 0x80], code: 1001,
      reason: "\u{fffd}\u{fffd}\u{fffd}", violations: .invalidUTF8),
    Row(
      testDescription: "an overlong slash", bytes: [0x03, 0xe9, 0xc0, 0xaf], code: 1001,
      reason: "\u{fffd}\u{fffd}", violations: .invalidUTF8),
    Row(
      testDescription: "a character cut in half", bytes: [0x03, 0xe9, 0x61, 0xc3], code: 1001,
      reason: "a\u{fffd}", violations: .invalidUTF8),
    Row(
      testDescription: "a reserved code and bad UTF-8", bytes: [0x03, 0xee, 0xff], code: 1006,
      reason: "\u{fffd}", violations: [.reservedCode, .invalidUTF8]),
  ]

  static let partlyCaptured = [
    Row(testDescription: "nothing", bytes: [], length: 10),
    Row(testDescription: "half of the code", bytes: [0x03], length: 10),
    Row(testDescription: "the code", bytes: [0x03, 0xe8], length: 3, code: 1000),
    Row(
      testDescription: "a character cut by the capture is no violation", bytes: [0x03, 0xe8, 0xc3],
      length: 4, code: 1000),
    Row(
      testDescription: "a reserved code", bytes: [0x03, 0xed, 0x61], length: 20, code: 1005,
      violations: .reservedCode),
    Row(testDescription: "nothing of the one byte", bytes: [], length: 1, violations: .oneByte),
  ]

  @Test(arguments: rows)
  func `a body is nothing, or a code and a reason`(_ row: Row) {
    let body = CloseBody(captured: row.bytes, length: UInt64(row.bytes.count))
    #expect(body.isComplete)
    #expect(body.code?.rawValue == row.code)
    #expect(body.reason == row.reason)
    #expect(body.violations == row.violations)
  }

  @Test(arguments: partlyCaptured)
  func `a body that was captured in part tells what it holds`(_ row: Row) throws {
    let body = CloseBody(captured: row.bytes, length: try #require(row.length))
    #expect(!body.isComplete)
    #expect(body.code?.rawValue == row.code)
    #expect(body.reason == nil)
    #expect(body.violations == row.violations)
  }

  @Test(arguments: rows)
  func `a Close frame on the wire has the same body from either side`(_ row: Row) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.frame(.close, row.bytes, from: .server))
    talk.send(.client, WebSocketBytes.frame(.close, row.bytes, from: .client))
    let body = CloseBody(captured: row.bytes, length: UInt64(row.bytes.count))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes == [body, body])
    #expect(legs.closeFrames == legs.frames)
  }

  @Test func `the longest body that is allowed is read whole`() {
    let reason = String(repeating: "x", count: 123)
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(1011, reason))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes.map(\.reason) == [reason])
    #expect(legs.frames.map(\.violations) == [[]])
  }

  @Test func `of a body that is too long the code is read`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(1011, String(repeating: "x", count: 300)))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes.map(\.code?.rawValue) == [1011])
    #expect(legs.closes.map(\.isComplete) == [false])
    #expect(legs.frames.map(\.violations) == [.longControl])
  }
}
