import Testing
import WSDecode

/// Missing bytes, and lengths that cannot be.
@Suite struct FrameDecoderFaultTests {
  /// A decoder that has taken the header of a frame with 16 bytes of payload, and the first of those.
  static func insidePayload() throws -> FrameDecoder {
    var decoder = FrameDecoder()
    var index = 0
    let bytes: [UInt8] = [0x82, 16, 0xaa]
    while try decoder.next(bytes.span, from: &index) != nil {}
    return decoder
  }

  @Test(arguments: 1...15 as ClosedRange<UInt64>)
  func `bytes missing inside a payload keep the boundaries`(missing: UInt64) throws {
    var decoder = try Self.insidePayload()
    let isKept = decoder.skip(missing)
    #expect(isKept)
    let rest = [UInt8](repeating: 0xbb, count: 15 - Int(missing)) + [0x89, 0x00]
    var index = 0
    var ends = 0
    var opcodes: [Opcode] = []
    while let step = try decoder.next(rest.span, from: &index) {
      if case .end = step { ends += 1 }
      if case .header(let header) = step { opcodes.append(header.opcode) }
    }
    #expect(ends == 2)
    #expect(opcodes == [.ping])
  }

  @Test func `a frame whose last bytes are missing ends without more bytes`() throws {
    var decoder = try Self.insidePayload()
    let isKept = decoder.skip(15)
    #expect(isKept)
    var index = 0
    #expect(try decoder.next([UInt8]().span, from: &index) == .end)
    #expect(decoder.isBetweenFrames)
  }

  @Test(arguments: [16, 17, 1 << 40, UInt64.max])
  func `bytes missing beyond a payload lose the boundaries`(missing: UInt64) throws {
    var decoder = try Self.insidePayload()
    let isKept = decoder.skip(missing)
    #expect(!isKept)
  }

  static let headerParts: [[UInt8]] = [[], [0x82], [0x82, 126], [0x82, 127, 0, 0], [0x82, 0x85, 1, 2, 3]]

  @Test(arguments: headerParts)
  func `bytes missing over a header lose the boundaries`(part: [UInt8]) throws {
    var decoder = FrameDecoder()
    var index = 0
    #expect(try decoder.next(part.span, from: &index) == nil)
    let isKept = decoder.skip(1)
    #expect(!isKept)
  }

  // MARK: Failure

  static let tooLarge: [UInt8] = [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]

  @Test(arguments: 1...10)
  func `a length with its highest bit set fails for good`(chunk: Int) {
    var decoder = FrameDecoder()
    #expect(throws: FrameError.lengthTooLarge) {
      for start in stride(from: 0, to: Self.tooLarge.count, by: chunk) {
        var index = 0
        let bytes = Array(Self.tooLarge[start..<min(start + chunk, Self.tooLarge.count)])
        while try decoder.next(bytes.span, from: &index) != nil {}
      }
    }
    for _ in 1...3 {
      #expect(throws: FrameError.lengthTooLarge) {
        var index = 0
        _ = try decoder.next([0x89, 0x00].span, from: &index)
      }
    }
    let isKept = decoder.skip(1)
    #expect(!isKept)
    #expect(!decoder.isBetweenFrames)
  }

  @Test func `frames in front of a length that is too large are still told`() throws {
    var decoder = FrameDecoder()
    let bytes = [0x89, 0x00] + Self.tooLarge
    var index = 0
    guard case .header = try decoder.next(bytes.span, from: &index) else {
      Issue.record("no header")
      return
    }
    #expect(try decoder.next(bytes.span, from: &index) == .end)
    #expect(throws: FrameError.lengthTooLarge) { _ = try decoder.next(bytes.span, from: &index) }
  }
}
