import TestSupport
import Testing
import WSDecode

/// What bytes that the capture lacks do to HTTP's framing.
@Suite struct HTTPFramerGapTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body: HTTPBody
    /// The head, and what was captured of the body in front of the gap.
    var before: String
    var missing: UInt64
    var after: String
    /// Whether the message behind the body is found.
    var keepsFraming: Bool
  }

  static let rows = [
    Row(
      testDescription: "inside a body", body: .length(100), before: String(repeating: "a", count: 10),
      missing: 80, after: String(repeating: "b", count: 10), keepsFraming: true),
    Row(
      testDescription: "the whole body", body: .length(100), before: "", missing: 100, after: "",
      keepsFraming: true),
    Row(
      testDescription: "a body's end", body: .length(100), before: "a", missing: 99, after: "",
      keepsFraming: true),
    Row(
      testDescription: "inside a chunk", body: .chunked, before: "64\r\naaaa", missing: 90,
      after: "bbbbbb\r\n0\r\n\r\n", keepsFraming: true),
    Row(
      testDescription: "a chunk's end", body: .chunked, before: "64\r\naaaa", missing: 96,
      after: "\r\n0\r\n\r\n", keepsFraming: true),
    Row(
      testDescription: "inside a body that the stream's end ends", body: .untilClose, before: "aaa",
      missing: 1 << 40, after: "b", keepsFraming: false),
  ]

  @Test(arguments: rows)
  func `bytes missing inside a body keep the framing`(_ row: Row) {
    var run = FramerRun(.response, bodies: [row.body])
    run.segment("HTTP/1.1 200 OK\r\n\r\n" + row.before)
    run.framer.skip(row.missing)
    #expect(!run.framer.isUnsynchronised)
    run.segment(row.after + "HTTP/1.1 404 Not Found\r\n\r\n")
    #expect(run.heads.count == (row.keepsFraming ? 2 : 1))
  }

  static let losing = [
    Row(
      testDescription: "a body and more", body: .length(100), before: "aaaa", missing: 97, after: "",
      keepsFraming: false),
    Row(
      testDescription: "a chunk and its line end", body: .chunked, before: "64\r\naaaa", missing: 98,
      after: "", keepsFraming: false),
    Row(
      testDescription: "a chunk's size", body: .chunked, before: "6", missing: 1, after: "",
      keepsFraming: false),
    Row(
      testDescription: "a trailer", body: .chunked, before: "0\r\nX", missing: 1, after: "",
      keepsFraming: false),
    Row(
      testDescription: "between messages", body: .length(0), before: "", missing: 1, after: "",
      keepsFraming: false),
    Row(
      testDescription: "a head", body: .length(0), before: "HTTP/1.1 2", missing: 1, after: "",
      keepsFraming: false),
  ]

  @Test(arguments: losing)
  func `bytes missing elsewhere lose the framing`(_ row: Row) {
    var run = FramerRun(.response, bodies: [row.body])
    run.segment("HTTP/1.1 200 OK\r\n\r\n" + row.before)
    run.framer.skip(row.missing)
    #expect(run.framer.isUnsynchronised)
  }

  @Test func `the framing is found again at a segment that begins with a head`() {
    var run = FramerRun(.response)
    run.segment("HTTP/1.1 200 OK\r\nX: ")
    run.framer.skip(10)
    run.segment("y\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n")
    #expect(run.framer.isUnsynchronised)
    run.segment("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 302 Found\r\n\r\n")
    #expect(!run.framer.isUnsynchronised)
    #expect(run.heads == ["HTTP/1.1 204 No Content", "HTTP/1.1 302 Found"])
  }

  @Test func `what was read of a head in front of a gap is forgotten`() {
    var run = FramerRun(.request)
    run.segment("GET /old HTTP/1.1\r\nHost: a\r\n")
    run.framer.skip(1)
    run.segment("GET /new HTTP/1.1\r\n\r\n")
    #expect(run.heads == ["GET /new HTTP/1.1"])
  }

  @Test func `a framer that was told to give up waits for a head as well`() {
    var run = FramerRun(.request)
    run.framer.desynchronise()
    run.segment([0x81, 0x80, 0, 0, 0, 0])
    #expect(run.framer.isUnsynchronised)
    run.segment("GET / HTTP/1.1\r\n\r\n")
    #expect(run.heads == ["GET / HTTP/1.1"])
  }

  @Test func `a head in the middle of a segment is not enough to find the framing again`() {
    let bytes = Array("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n".utf8)
    var framer = HTTPFramer(.request)
    var index = 0
    #expect(framer.next(bytes.span, from: &index)?.startLineParts == ["GET", "/1", "HTTP/1.1"])
    framer.desynchronise()
    #expect(framer.next(bytes.span, from: &index) == nil)
    #expect(framer.isUnsynchronised)
    #expect(index == bytes.count)
  }

  static let beginnings: [(String, HTTPRole, Bool)] = [
    ("HTTP/1.1 101", .response, true), ("HTTP/1.0 200", .response, true), ("HT", .response, true),
    ("", .response, true), ("HTTP/2", .response, false), ("XHTTP/1.1", .response, false),
    ("GET / ", .request, true), ("OPTIONS *", .request, true), ("G", .request, true), ("", .request, true),
    ("get /", .request, false), ("GE /", .request, false), (" GET", .request, false),
    ("HTTP/1.1", .request, false), ("M-SEARCH", .request, false),
  ]

  @Test(arguments: beginnings)
  func `a message begins with a version or a method`(text: String, role: HTTPRole, expected: Bool) {
    #expect(HTTPFramer.begins(Array(text.utf8).span, as: role) == expected)
  }
}
