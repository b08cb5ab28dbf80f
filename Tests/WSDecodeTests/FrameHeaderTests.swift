import Testing
import WSDecode

@Suite struct FrameHeaderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var byteCount: Int
    var payloadLength: UInt64
    var maskingKey: UInt32? = nil
    var isMinimal = true
  }

  static let rows = [
    Row(testDescription: "7 bits", bytes: [0x81, 5], byteCount: 2, payloadLength: 5),
    Row(testDescription: "16 bits", bytes: [0x82, 126, 1, 0], byteCount: 4, payloadLength: 256),
    Row(
      testDescription: "64 bits", bytes: [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], byteCount: 10,
      payloadLength: 65536),
    Row(
      testDescription: "masked", bytes: [0x88, 0x82, 0xde, 0xad, 0xbe, 0xef], byteCount: 6,
      payloadLength: 2, maskingKey: 0xdead_beef),
    Row(
      testDescription: "16 bits where 7 would do", bytes: [0x82, 126, 0, 125], byteCount: 4,
      payloadLength: 125, isMinimal: false),
  ]

  @Test(arguments: rows)
  func `the length field decides how many payload bytes follow`(_ row: Row) throws {
    let header = try #require(try FrameHeader(parsing: row.bytes.span, at: 0))
    #expect(header.byteCount == row.byteCount)
    #expect(header.payloadLength == row.payloadLength)
    #expect(header.maskingKey == row.maskingKey)
    #expect(header.isMinimal == row.isMinimal)
  }

  @Test(arguments: rows)
  func `a header is read only when it is complete`(_ row: Row) throws {
    for count in 0..<row.byteCount {
      let part = Array(row.bytes.prefix(count))
      #expect(try FrameHeader(parsing: part.span, at: 0) == nil)
    }
  }

  @Test func `a length with its highest bit set is an error`() {
    let bytes: [UInt8] = [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]
    #expect(throws: FrameError.lengthTooLarge) { _ = try FrameHeader(parsing: bytes.span, at: 0) }
  }
}
