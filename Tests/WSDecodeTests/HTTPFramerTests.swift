import TestSupport
import Testing
import WSDecode

extension HTTPHead {
  var startLineParts: [String] { (0...3).compactMap { startLinePart($0) } }
}

/// Feeds a framer and answers its heads.
struct FramerRun {
  var framer: HTTPFramer
  /// The start lines of the heads that were found.
  private(set) var heads: [String] = []
  private var bodies: [HTTPBody]

  /// - Parameter bodies: those of the heads in order; what is beyond them has none.
  init(_ role: HTTPRole, bodies: [HTTPBody] = []) {
    framer = HTTPFramer(role)
    self.bodies = bodies
  }

  mutating func segment(_ bytes: [UInt8]) {
    var index = 0
    while let head = framer.next(bytes.span, from: &index) {
      heads.append(head.startLineParts.joined(separator: " "))
      framer.body(bodies.isEmpty ? .length(0) : bodies.removeFirst())
    }
    #expect(index == bytes.count)
  }

  mutating func segment(_ text: String) { segment(Array(text.utf8)) }

  mutating func segments(_ bytes: [UInt8], of size: Int) {
    for start in stride(from: 0, to: bytes.count, by: size) {
      segment(Array(bytes[start..<min(start + size, bytes.count)]))
    }
  }
}

@Suite struct HTTPFramerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var role = HTTPRole.request
    var text: String
    var bodies: [HTTPBody] = []
    var heads: [String]
    var isBetweenMessages = true
  }

  static let lookalike = "GET /x HTTP/1.1\r\n\r\n"
  static let rows = [
    Row(testDescription: "one", text: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", heads: ["GET / HTTP/1.1"]),
    Row(testDescription: "bare LF", text: "GET / HTTP/1.1\nHost: a\n\n", heads: ["GET / HTTP/1.1"]),
    Row(
      testDescription: "bare LF and an empty line with CRLF", text: "GET / HTTP/1.1\nHost: a\n\r\n",
      heads: ["GET / HTTP/1.1"]),
    Row(
      testDescription: "CRLF and an empty line with bare LF", text: "GET / HTTP/1.1\r\nHost: a\r\n\n",
      heads: ["GET / HTTP/1.1"]),
    Row(
      testDescription: "pipelined",
      text: "GET /1 HTTP/1.1\r\n\r\nPUT /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n",
      heads: ["GET /1 HTTP/1.1", "PUT /2 HTTP/1.1", "GET /3 HTTP/1.1"]),
    Row(
      testDescription: "behind empty lines",
      text: "\r\n\r\n\nGET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
      heads: ["GET /1 HTTP/1.1", "GET /2 HTTP/1.1"]),
    Row(
      testDescription: "behind bodies of known length",
      text: "PUT /1 HTTP/1.1\r\n\r\n\(lookalike)PUT /2 HTTP/1.1\r\n\r\n\nGET /3 HTTP/1.1\r\n\r\n",
      bodies: [.length(UInt64(lookalike.utf8.count)), .length(1)],
      heads: ["PUT /1 HTTP/1.1", "PUT /2 HTTP/1.1", "GET /3 HTTP/1.1"]),
    Row(
      testDescription: "behind a chunked body",
      text: "PUT /1 HTTP/1.1\r\n\r\n13\r\n\(lookalike)\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
      bodies: [.chunked], heads: ["PUT /1 HTTP/1.1", "GET /2 HTTP/1.1"]),
    Row(
      testDescription: "behind chunks with extensions and a trailer",
      text:
        "PUT /1 HTTP/1.1\r\n\r\n003;a=b;c=\"d\"\r\n\n\n\n\r\nA ;x\r\n0123456789\r\n0;last\r\nX: y\r\nZ: 5\r\n\r\n"
        + "GET /2 HTTP/1.1\r\n\r\n",
      bodies: [.chunked], heads: ["PUT /1 HTTP/1.1", "GET /2 HTTP/1.1"]),
    Row(
      testDescription: "behind an empty chunked body",
      text: "PUT /1 HTTP/1.1\r\n\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", bodies: [.chunked],
      heads: ["PUT /1 HTTP/1.1", "GET /2 HTTP/1.1"]),
    Row(
      testDescription: "not behind a body that only the end of the stream ends", role: .response,
      text: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 X\r\n\r\n", bodies: [.untilClose],
      heads: ["HTTP/1.1 200 OK"], isBetweenMessages: false),
    Row(
      testDescription: "responses", role: .response,
      text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabHTTP/1.1 404 Not Found\r\n\r\n",
      bodies: [.length(0), .length(2)],
      heads: ["HTTP/1.1 100 Continue", "HTTP/1.0 200 OK", "HTTP/1.1 404 Not Found"]),
    Row(
      testDescription: "not before it is complete", text: "GET / HTTP/1.1\r\nHost: a\r\n", heads: [],
      isBetweenMessages: false),
  ]

  @Test(arguments: rows)
  func `a head is found however the segments are cut`(_ row: Row) {
    let bytes = Array(row.text.utf8)
    for size in 1...bytes.count {
      var run = FramerRun(row.role, bodies: row.bodies)
      run.segments(bytes, of: size)
      #expect(run.heads == row.heads, "in segments of \(size) bytes")
      #expect(run.framer.isBetweenMessages == row.isBetweenMessages)
      #expect(!run.framer.isUnsynchronised)
    }
  }

  static let foreign: [(HTTPRole, [UInt8])] = [
    (.request, Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), (.request, [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    (.request, Array("get / HTTP/1.1\r\n\r\n".utf8)), (.request, Array("HTTP/1.1 200 OK\r\n\r\n".utf8)),
    (.request, Array("A / HTTP/1.1\r\n\r\n".utf8)), (.response, Array("GET / HTTP/1.1\r\n\r\n".utf8)),
    (.response, Array("HTTP/2 200\r\n\r\n".utf8)), (.response, Array("http/1.1 200 OK\r\n\r\n".utf8)),
    (.response, [0x81, 0x05, 0x48, 0x54, 0x54, 0x50, 0x2f]),
  ]

  @Test(arguments: foreign)
  func `what does not begin as HTTP is given up at once`(role: HTTPRole, bytes: [UInt8]) {
    var run = FramerRun(role)
    run.segment(bytes)
    #expect(run.framer.isUnsynchronised)
    #expect(run.heads == [])
  }

  @Test(arguments: [1, 100, 1 << 20])
  func `a head is given up beyond the limit`(size: Int) {
    let start = "GET /"
    for excess in 0...1 {
      let end = " HTTP/1.1\r\n\r\n"
      let filler = HTTPFramer.maxHeadBytes - start.utf8.count - end.utf8.count + excess
      var run = FramerRun(.request)
      run.segments(Array((start + String(repeating: "a", count: filler) + end).utf8), of: size)
      #expect(run.heads.count == 1 - excess)
      #expect(run.framer.isUnsynchronised == (excess == 1))
    }
  }

  static let badChunks = [
    "x\r\n", "-1\r\n", ";a=b\r\n", "fffffffffffffffff\r\n", "5" + String(repeating: "a", count: 5000),
  ]

  @Test(arguments: badChunks)
  func `a chunk whose size cannot be read loses the boundaries`(chunk: String) {
    var run = FramerRun(.request, bodies: [.chunked])
    run.segment("PUT / HTTP/1.1\r\n\r\n" + chunk)
    #expect(run.framer.isUnsynchronised)
  }

  @Test func `a chunk of the largest size is waited for`() {
    var run = FramerRun(.request, bodies: [.chunked])
    run.segment("PUT / HTTP/1.1\r\n\r\nffffffffffffffff\r\n" + Self.lookalike)
    #expect(run.heads == ["PUT / HTTP/1.1"])
    #expect(!run.framer.isUnsynchronised)
  }
}
