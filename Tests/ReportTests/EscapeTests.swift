import Testing

@testable import Report

@Suite struct EscapeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var escaped: String
  }

  static let rows = [
    Row(testDescription: "a colour", text: "\u{1b}[31mred", escaped: "\\u{1b}[31mred"),
    Row(testDescription: "a window title", text: "\u{1b}]0;x\u{7}", escaped: "\\u{1b}]0;x\\u{7}"),
    Row(testDescription: "a colour by C1", text: "\u{9b}31m", escaped: "\\u{9b}31m"),
    Row(testDescription: "a new line", text: "a\r\nb\tc", escaped: "a\\u{d}\\u{a}b\\u{9}c"),
    Row(testDescription: "a backspace and a delete", text: "a\u{8}\u{7f}", escaped: "a\\u{8}\\u{7f}"),
    Row(testDescription: "NUL", text: "a\u{0}b", escaped: "a\\u{0}b"),
    Row(testDescription: "right to left", text: "\u{202e}gpj", escaped: "\\u{202e}gpj"),
    Row(testDescription: "an isolate", text: "\u{2066}a\u{2069}", escaped: "\\u{2066}a\\u{2069}"),
    Row(
      testDescription: "zero width", text: "a\u{200b}b\u{200d}c\u{feff}",
      escaped: "a\\u{200b}b\\u{200d}c\\u{feff}"),
    Row(testDescription: "a line separator", text: "a\u{2028}b\u{2029}", escaped: "a\\u{2028}b\\u{2029}"),
    Row(testDescription: "a soft hyphen", text: "a\u{ad}b", escaped: "a\\u{ad}b"),
    Row(testDescription: "tag characters", text: "a\u{e0041}", escaped: "a\\u{e0041}"),
    Row(testDescription: "private use", text: "\u{e000}\u{f8ff}", escaped: "\\u{e000}\\u{f8ff}"),
    Row(
      testDescription: "a filler", text: "a\u{3164}\u{115f}\u{34f}", escaped: "a\\u{3164}\\u{115f}\\u{34f}"),
    Row(testDescription: "no character", text: "\u{ffff}\u{378}", escaped: "\\u{ffff}\\u{378}"),
  ]

  @Test(arguments: rows)
  func `what a terminal would act on is spelled out`(_ row: Row) {
    #expect(Escape.terminal(row.text) == row.escaped)
  }

  @Test(arguments: ["", "test", "Ünïcödé", "漢字 かな 한글", "🧨🇩🇪❤️", "e\u{301}", "\u{fffd}", "\"'\\<&>", "a b"])
  func `what a terminal shows stays as it is`(_ text: String) {
    #expect(Escape.terminal(text) == text)
  }

  @Test func `no character passes that a terminal would act on`() {
    for value in 0...0x10ffff as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let escaped = Escape.terminal(String(scalar))
      let isControl = value < 0x20 || (0x7f...0x9f).contains(value)
      let isFormat = scalar.properties.isBidiControl || scalar.properties.isJoinControl
      if isControl || isFormat { #expect(escaped == "\\u{\(String(value, radix: 16))}") }
      if (0x20...0x7e).contains(value) { #expect(escaped == String(scalar)) }
    }
  }
}
