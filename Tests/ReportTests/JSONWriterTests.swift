import Capture
import Foundation
import TestSupport
import Testing

@testable import Report

@Suite struct JSONWriterTests {
  static let strings: [HostileText] = [
    "", "plain", "\"quoted\" and \\ back", "line\nbreak\r\ttab", "\u{0}\u{1}\u{1f}\u{7f}", "\u{1b}[31mred",
    "\u{9b}31m", "\u{202e}txet\u{2066}", "a\u{200b}b\u{feff}c", "\u{2028}\u{2029}", "</script>", "Ünïcödé 漢字",
    "🧨👩‍👩‍👧🇩🇪", "\u{e000}\u{10ffff}", "e\u{301}", "\u{fffd}",
  ]

  @Test(arguments: strings, [true, false])
  func `a string that is read again is the string that was written`(
    _ hostile: HostileText, isIndented: Bool
  ) throws {
    let text = hostile.text
    let bytes = written(isIndented) { $0.field("key", text) }
    let read = try JSON.object(bytes)["key"] as? String
    #expect(read.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
  }

  @Test(arguments: strings)
  func `nothing that a terminal acts on is written raw`(_ hostile: HostileText) {
    let line = written(false) { $0.field("key", hostile.text) }
    #expect(line.unicodeScalars.allSatisfy { !Escape.isUnsafe($0) })
  }

  @Test func `a name that is data is escaped as a value is`() throws {
    let line = written(false) { $0.field(name: "a\"\\\u{1b}\n", 7) }
    #expect(line.unicodeScalars.allSatisfy { !Escape.isUnsafe($0) })
    #expect(try JSON.object(line)["a\"\\\u{1b}\n"] as? Int == 7)
  }

  @Test(
    arguments: [1, 6, 7, 8, 9, 15, 16, 17], ["\"", "\\", "\n", "\u{7f}", "\u{1b}", "é", "🧨"] as [HostileText])
  func `what has to be escaped is escaped at every place`(length: Int, _ hostile: HostileText) throws {
    for place in 0...length {
      let text =
        String(repeating: "a", count: place) + hostile.text + String(repeating: "b", count: length - place)
      let line = written(false) { writer in
        writer.field("key", text)
        writer.field("next", JSONText(text))
      }
      let read = try JSON.object(line)
      #expect(read["key"] as? String == text)
      #expect(read["next"] as? String == text)
      #expect(line.unicodeScalars.allSatisfy { !Escape.isUnsafe($0) })
    }
  }

  @Test(arguments: [true, false])
  func `a word, a text and an endpoint are strings, and none is null`(isIndented: Bool) throws {
    let end = Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 80)
    let text = written(isIndented) { writer in
      writer.field("word", word: "delivered")
      writer.field("no word", word: nil)
      writer.field("text", JSONText("a\"b"))
      writer.field("no text", nil as JSONText?)
      writer.field("end", end)
      writer.array("ends", [end, end]) { $0.field(nil, $1) }
      writer.array("texts", [JSONText("x"), JSONText("")]) { $0.field(nil, $1) }
    }
    let read = try JSON.object(text)
    #expect(read["word"] as? String == "delivered")
    #expect(read["no word"] is NSNull)
    #expect(read["text"] as? String == "a\"b")
    #expect(read["no text"] is NSNull)
    #expect(read["end"] as? String == "10.0.0.1:80")
    #expect(read["ends"] as? [String] == ["10.0.0.1:80", "10.0.0.1:80"])
    #expect(read["texts"] as? [String] == ["x", ""])
  }

  static let addresses: [UInt32] = [
    0, 0xffff_ffff, 0x0909_0909, 0x0a0a_0a0a, 0x6363_6363, 0x6464_6464, 0x7f00_0001, 0x0a0b_c8ff,
  ]

  @Test(arguments: addresses, [0, 9, 10, 99, 100, 999, 1_000, 9_999, 10_000, 65_535] as [UInt16])
  func `an endpoint is written as its description`(bits: UInt32, port: UInt16) {
    let ends = [
      Endpoint(address: IPAddress(v4: bits), port: port),
      Endpoint(address: IPAddress(high: UInt64(bits), low: 1), port: port),
    ]
    for end in ends {
      #expect(written(false) { $0.field("key", end) } == "{\"key\":\"\(end)\"}")
    }
  }

  static let integers: [UInt64?] = [0, 1, 1_638_400, 1 << 53, .max, nil]

  @Test(arguments: integers)
  func `an integer keeps every digit, and none is null`(_ number: UInt64?) {
    #expect(written(false) { $0.field("key", number) } == "{\"key\":\(number.map(String.init) ?? "null")}")
  }

  static let seconds: [(Double?, String)] = [
    (0, "0.0"), (1.5, "1.5"), (-0.25, "-0.25"), (1e-9, "0.000000001"), (0.1 + 0.2, "0.3"),
    (2.986234567, "2.986234567"), (3_600, "3600.0"), (-1e-9, "-0.000000001"), (nil, "null"),
    (0.000_000_010, "0.00000001"), (9.999_999_999, "9.999999999"), (10, "10.0"), (99.5, "99.5"),
    (100.25, "100.25"), (999_999_999.5, "999999999.5"), (-12.000_001, "-12.000001"),
    (.infinity, "null"), (-.infinity, "null"), (.nan, "null"), (.greatestFiniteMagnitude, "null"),
  ]

  @Test(arguments: seconds)
  func `seconds are a number of at most nine decimals, or null`(_ value: Double?, text: String) {
    #expect(written(false) { $0.seconds("key", value) } == "{\"key\":\(text)}")
  }

  @Test(arguments: [true, false])
  func `what is empty has nothing between its brackets`(isIndented: Bool) throws {
    let text = written(isIndented) { writer in
      writer.object("object") { _ in }
      writer.array("array", [Int]()) { _, _ in }
    }
    #expect(text.contains("{}") && text.contains("[]"))
    let read = try JSON.object(text)
    #expect(try read.object("object").isEmpty)
    #expect(try read.array("array").isEmpty)
  }

  @Test func `members keep the order of the calls`() throws {
    let line = written(false) { writer in
      writer.field("b", true)
      writer.field("a", nil as Bool?)
      writer.object("c") { $0.field("d", "e") }
      writer.field("f", false)
    }
    #expect(line == #"{"b":true,"a":null,"c":{"d":"e"},"f":false}"#)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `a value nested at random reads the same, indented or not`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let value = Value.random(depth: 5, &random)
    let line = value.written(isIndented: false)
    let pretty = value.written(isIndented: true)
    #expect(!line.contains("\n"))
    for text in [line, pretty] {
      let read = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      #expect(value.equals(read), "\(text)")
    }
  }

  private func written(_ isIndented: Bool, _ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(isIndented: isIndented)
    writer.object { body(&$0) }
    return String(decoding: writer.takeBytes(), as: UTF8.self)
  }
}

/// A JSON value to write and to compare with what was read.
private indirect enum Value {
  case null
  case bool(Bool)
  case integer(UInt64)
  case string(String)
  case array([Value])
  case object([Value])
  private static let keys: [StaticString] = ["a", "b", "c", "d"]

  static func random(depth: Int, _ random: inout SeededGenerator) -> Value {
    let children = { (random: inout SeededGenerator) in
      (0..<Int.random(in: 0...4, using: &random)).map { _ in Value.random(depth: depth - 1, &random) }
    }
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(UInt64.random(in: 0...1 << 50, using: &random))
    case 3: return .string(JSONWriterTests.strings.randomElement(using: &random)?.text ?? "")
    case 4: return .array(children(&random))
    default: return .object(children(&random))
    }
  }

  func written(isIndented: Bool) -> String {
    var writer = JSONWriter(isIndented: isIndented)
    write(nil, &writer)
    return String(decoding: writer.takeBytes(), as: UTF8.self)
  }

  private func write(_ key: StaticString?, _ writer: inout JSONWriter) {
    switch self {
    case .null: writer.field(key, nil as String?)
    case .bool(let value): writer.field(key, value)
    case .integer(let value): writer.field(key, value)
    case .string(let value): writer.field(key, value)
    case .array(let values): writer.array(key, values) { $1.write(nil, &$0) }
    case .object(let values):
      writer.object(key) { writer in
        for (key, value) in zip(Self.keys, values) { value.write(key, &writer) }
      }
    }
  }

  func equals(_ read: Any) -> Bool {
    switch self {
    case .null: return read is NSNull
    case .bool(let value): return read as? Bool == value
    case .integer(let value): return (read as? NSNumber)?.uint64Value == value
    case .string(let value): return (read as? String).map { Array($0.utf8) } == Array(value.utf8)
    case .array(let values):
      guard let read = read as? [Any], read.count == values.count else { return false }
      return zip(values, read).allSatisfy { $0.equals($1) }
    case .object(let values):
      guard let read = read as? [String: Any], read.count == values.count else { return false }
      return zip(Self.keys, values).allSatisfy { key, value in
        read["\(key)"].map { value.equals($0) } ?? false
      }
    }
  }
}
