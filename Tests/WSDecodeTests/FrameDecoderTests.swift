import Testing
import WSDecode

@Suite struct FrameDecoderTests {
  /// What a decoder says of a stream, with payload pieces joined.
  enum Told: Hashable {
    case header(UInt8, length: UInt64)
    case payload([UInt8])
    case end
  }

  /// Text in two fragments with a PING inside, an empty PONG, 300 bytes of binary, a masked Close.
  static let stream: [UInt8] =
    [0x01, 0x02, 0x68, 0x69, 0x89, 0x01, 0x70, 0x80, 0x01, 0x21, 0x8a, 0x00]
    + [0x82, 126, 0x01, 0x2c] + [UInt8](repeating: 0x88, count: 300)
    + [0x88, 0x82, 1, 2, 3, 4, 0x02, 0xea]

  static func decode(_ stream: [UInt8], chunk: Int) throws -> [Told] {
    var decoder = FrameDecoder()
    var told: [Told] = []
    for start in stride(from: 0, to: stream.count, by: chunk) {
      let bytes = Array(stream[start..<min(start + chunk, stream.count)])
      var index = 0
      while let step = try decoder.next(bytes.span, from: &index) {
        switch step {
        case .header(let header):
          told.append(.header(header.opcode.rawValue, length: header.payloadLength))
        case .payload(let range):
          if case .payload(let before) = told.last {
            told[told.count - 1] = .payload(before + bytes[range])
          } else {
            told.append(.payload(Array(bytes[range])))
          }
        case .end: told.append(.end)
        }
      }
      #expect(index == bytes.count)
    }
    #expect(decoder.isBetweenFrames)
    return told
  }

  @Test func `a stream is headers, payload and ends in order`() throws {
    let told = try Self.decode(Self.stream, chunk: Self.stream.count)
    #expect(
      told == [
        .header(0x1, length: 2), .payload([0x68, 0x69]), .end,
        .header(0x9, length: 1), .payload([0x70]), .end,
        .header(0x0, length: 1), .payload([0x21]), .end,
        .header(0xa, length: 0), .end,
        .header(0x2, length: 300), .payload([UInt8](repeating: 0x88, count: 300)), .end,
        .header(0x8, length: 2), .payload([0x02, 0xea]), .end,
      ])
  }

  @Test(arguments: 1...20)
  func `cutting the stream elsewhere never changes the steps`(chunk: Int) throws {
    #expect(
      try Self.decode(Self.stream, chunk: chunk) == Self.decode(Self.stream, chunk: Self.stream.count))
  }

  @Test func `a frame without payload ends although nothing follows its header`() throws {
    var decoder = FrameDecoder()
    var index = 0
    let bytes: [UInt8] = [0x89, 0x00]
    guard case .header = try decoder.next(bytes.span, from: &index) else {
      Issue.record("no header")
      return
    }
    #expect(!decoder.isBetweenFrames)
    #expect(try decoder.next(bytes.span, from: &index) == .end)
    #expect(try decoder.next(bytes.span, from: &index) == nil)
    #expect(decoder.isBetweenFrames)
  }

  @Test func `a part of a header is counted until the header is complete`() throws {
    var decoder = FrameDecoder()
    for (count, byte) in [0x82, 126, 0x01].enumerated() {
      var index = 0
      #expect(try decoder.next([UInt8(byte)].span, from: &index) == nil)
      #expect(decoder.partialHeaderCount == count + 1)
      #expect(!decoder.isBetweenFrames)
    }
    var index = 0
    _ = try decoder.next([0x2c].span, from: &index)
    #expect(decoder.partialHeaderCount == 0)
    #expect(decoder.payloadLeft == 300)
  }

  /// 2^62 bytes of payload are announced and three come.
  @Test func `a frame of any size is pointed at and never waited for`() throws {
    var decoder = FrameDecoder()
    let bytes: [UInt8] = [0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb, 0xcc]
    var index = 0
    guard case .header(let header) = try decoder.next(bytes.span, from: &index) else {
      Issue.record("no header")
      return
    }
    #expect(header.payloadLength == 1 << 62)
    #expect(try decoder.next(bytes.span, from: &index) == .payload(10..<13))
    #expect(try decoder.next(bytes.span, from: &index) == nil)
    #expect(decoder.payloadLeft == (1 << 62) - 3)
  }
}
