import TestSupport
import Testing
import WSDecode

@Suite struct HTTPHeadTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var startLine: [String] = ["GET", "/", "HTTP/1.1"]
    var host: String? = nil
    var upgrade: [String] = []
  }

  static let rows = [
    Row(
      testDescription: "CRLF", text: "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", host: "a",
      upgrade: ["websocket"]),
    Row(
      testDescription: "bare LF", text: "GET / HTTP/1.1\nHost: a\nUpgrade: websocket\n\n", host: "a",
      upgrade: ["websocket"]),
    Row(
      testDescription: "both line ends", text: "GET / HTTP/1.1\nHost: a\r\nUpgrade: websocket\n\r\n",
      host: "a", upgrade: ["websocket"]),
    Row(
      testDescription: "any letter case", text: "GET / HTTP/1.1\r\nhOsT: A\r\nUPGRADE: WebSocket\r\n\r\n",
      host: "A", upgrade: ["WebSocket"]),
    Row(
      testDescription: "no white space", text: "GET / HTTP/1.1\r\nHost:a\r\nUpgrade:x,y\r\n\r\n",
      host: "a", upgrade: ["x", "y"]),
    Row(
      testDescription: "white space around values",
      text: "GET / HTTP/1.1\r\nHost: \t a \t\r\nUpgrade: x ,\ty\t, z \r\n\r\n", host: "a",
      upgrade: ["x", "y", "z"]),
    Row(
      testDescription: "a value with colons", text: "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      host: "[::1]:80"),
    Row(testDescription: "an empty value", text: "GET / HTTP/1.1\r\nHost:\r\n\r\n", host: ""),
    Row(
      testDescription: "repeated fields",
      text: "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nHost: b\r\nupgrade: y, z\r\n\r\n", host: "a",
      upgrade: ["x", "y", "z"]),
    Row(
      testDescription: "empty list members", text: "GET / HTTP/1.1\r\nUpgrade: ,x,,y,\r\n\r\n",
      upgrade: ["x", "y"]),
    Row(
      testDescription: "a line without colon", text: "GET / HTTP/1.1\r\nnonsense\r\nHost: a\r\n\r\n",
      host: "a"),
    Row(
      testDescription: "a response", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      startLine: ["HTTP/1.1", "101", "Switching Protocols"], upgrade: ["x"]),
    Row(
      testDescription: "a response without reason", text: "HTTP/1.1 101\r\n\r\n",
      startLine: ["HTTP/1.1", "101"]),
    Row(
      testDescription: "a response with an empty reason", text: "HTTP/1.1 101 \r\n\r\n",
      startLine: ["HTTP/1.1", "101", ""]),
    Row(testDescription: "nothing but a line", text: "GET / HTTP/1.1\r\n\r\n"),
    Row(testDescription: "nothing", text: "", startLine: [""]),
  ]

  @Test(arguments: rows)
  func `a head is a start line and fields`(_ row: Row) {
    let head = HTTPHead(Array(row.text.utf8))
    #expect(head.startLineParts == row.startLine)
    #expect(head.value(.host) == row.host)
    #expect(head.list(.upgrade) == row.upgrade)
  }

  /// RFC 9112 §5.2: a folded line continues the value in front of it.
  static let folded = [
    Row(
      testDescription: "in a value", text: "GET / HTTP/1.1\r\nHost: a\r\n  b\r\n\r\n", host: "a b"),
    Row(
      testDescription: "in a list, with a tab",
      text: "GET / HTTP/1.1\r\nUpgrade: x,\r\n\ty\r\nHost: a\r\n\r\n", host: "a", upgrade: ["x", "y"]),
    Row(
      testDescription: "in front of the value", text: "GET / HTTP/1.1\r\nUpgrade:\r\n websocket\r\n\r\n",
      upgrade: ["websocket"]),
    Row(
      testDescription: "with a colon in it", text: "GET / HTTP/1.1\r\nUpgrade: x,\r\n host: b\r\n\r\n",
      upgrade: ["x", "host: b"]),
  ]

  @Test(arguments: folded)
  func `white space at a line's beginning folds it into the field above`(_ row: Row) {
    let head = HTTPHead(Array(row.text.utf8))
    // One space or several stand for the line end.
    #expect(head.value(.host)?.split(separator: " ").joined(separator: " ") == row.host)
    #expect(head.list(.upgrade) == row.upgrade)
  }

  @Test(arguments: [
    ("keep-alive, Upgrade", true), ("UPGRADE", true), ("upgrades", false), ("x-upgrade", false),
  ])
  func `a list has a member, letter case aside`(value: String, expected: Bool) {
    let head = HTTPHead(Array("GET / HTTP/1.1\r\nConnection: \(value)\r\n\r\n".utf8))
    #expect(head.list(.connection, contains: "upgrade") == expected)
  }

  @Test func `a field that is absent is nil, and a list of nothing`() {
    let head = HTTPHead(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(head.value(.server) == nil)
    #expect(head.value(.via) == nil)
    #expect(head.list(.upgrade) == [])
    #expect(!head.list(.upgrade, contains: "websocket"))
  }

  @Test(arguments: FieldName.allCases.filter { $0 != .envoy })
  func `every name is known by all of its letters and in any letter case`(_ name: FieldName) {
    let text = name.text
    func head(_ names: [String]) -> HTTPHead {
      HTTPHead(Array("GET / HTTP/1.1\r\n\(names.map { "\($0): a\r\n" }.joined())\r\n".utf8))
    }
    #expect(head([text]).value(name) == "a")
    #expect(head([text.uppercased()]).value(name) == "a")
    #expect(
      !head([String(text.dropLast()), text + "x", "?" + text.dropFirst(), text + " ", ""]).contains(name))
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func `letter case is of letters alone`(_ byte: UInt8) {
    func head(_ beginning: String, _ end: String) -> HTTPHead {
      HTTPHead(Array("GET / HTTP/1.1\r\n\(beginning)".utf8) + [byte] + Array("\(end): a\r\n\r\n".utf8))
    }
    #expect(head("", "ost").contains(.host) == (byte == UInt8(ascii: "h") || byte == UInt8(ascii: "H")))
    #expect(head("cf", "ray").contains(.cfRay) == (byte == UInt8(ascii: "-")))
  }

  @Test func `a short name at the very end is known`() {
    #expect(HTTPHead(Array("GET / HTTP/1.1\nVia:\n\n".utf8)).contains(.via))
  }

  @Test func `bytes that are not UTF-8 are repaired`() {
    let head = HTTPHead(Array("GET / HTTP/1.1\r\nHost: a".utf8) + [0xff] + Array("b\r\n\r\n".utf8))
    #expect(head.value(.host) == "a\u{fffd}b")
  }

  @Test func `random bytes are a head, too`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      let bytes = (0..<100).map { _ in Array("\r\n: ,ab".utf8).randomElement(using: &random) ?? 0 }
      let head = HTTPHead(bytes)
      _ = (head.startLineParts, head.value(.host), head.list(.upgrade))
    }
  }
}
