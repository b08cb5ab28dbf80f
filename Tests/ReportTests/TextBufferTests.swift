import Capture
import TestSupport
import Testing

@testable import Report

@Suite struct TextBufferTests {
  static let numbers: [UInt64] = [
    0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000,
    9_999_999_999,
    10_000_000_000, 10_000_000_000_000_000_000, .max - 1, .max,
  ]

  @Test(arguments: numbers)
  func `a number has its digits, and zeros in front up to the width`(number: UInt64) {
    #expect(written { $0.append(decimal: number) } == "\(number)")
    #expect(number.decimalDigits == "\(number)".count)
    for width in [0, 1, 2, 9, 20, 21] {
      let zeros = String(repeating: "0", count: max(0, min(width, 20) - "\(number)".count))
      #expect(written { $0.append(decimal: number, width: width) } == zeros + "\(number)")
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a number of any size is written as Swift writes it`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let number = UInt64.random(in: 0 ... .max >> UInt64.random(in: 0..<64, using: &random), using: &random)
      #expect(written { $0.append(decimal: number) } == "\(number)")
    }
  }

  /// Short texts are copied as words.
  @Test(arguments: 0...40)
  func `a text of any length is copied whole, between what was there`(length: Int) {
    let text = String("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".prefix(length))
    let result = written { buffer in
      buffer.append("<")
      buffer.append(text)
      buffer.append(UInt8(ascii: ">"))
    }
    #expect(result == "<\(text)>")
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a buffer that grows keeps all that was written`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var buffer = TextBuffer(capacity: Int.random(in: 0...300, using: &random))
    var expected: [UInt8] = []
    for round in 0..<300 {
      if Int.random(in: 0..<100, using: &random) == 0 {
        buffer.removeAll()
        expected = []
      }
      let piece = Array(
        repeating: UInt8(truncatingIfNeeded: round), count: Int.random(in: 0...70, using: &random))
      buffer.append(piece.span)
      expected += piece
      buffer.append(decimal: UInt64(round), width: 4)
      expected += Array("\(10_000 + round)".utf8.dropFirst())
      #expect(buffer.count == expected.count)
    }
    #expect(buffer.withSpan { span in span.indices.map { span[$0] } } == expected)
    #expect(buffer.takeBytes() == expected)
    #expect(buffer.count == 0)
    buffer.append("again")
    #expect(buffer.takeBytes() == Array("again".utf8))
  }

  /// Eight bytes are looked at together, and what is left over with some of them once more.
  @Test(arguments: 0...26)
  func `a byte that JSON or a terminal would mind is found at every place`(length: Int) {
    for filler in [UInt8(ascii: " "), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "]")] {
      var text = Array(repeating: filler, count: length)
      #expect(isPlain(text))
      for place in text.indices {
        for byte in UInt8.min ... .max {
          text[place] = byte
          let expected =
            (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
          #expect(isPlain(text) == expected, "\(byte) at \(place) of \(length)")
        }
        text[place] = filler
      }
    }
  }

  private func isPlain(_ bytes: [UInt8]) -> Bool { bytes.span.isPlainText }

  private func written(_ body: (inout TextBuffer) -> Void) -> String {
    var buffer = TextBuffer()
    body(&buffer)
    return String(decoding: buffer.takeBytes(), as: UTF8.self)
  }
}
