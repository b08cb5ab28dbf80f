import Capture
import Testing

@Suite struct TCPHeaderTests {
  /// The fixed header with another data offset, in words.
  static func header(words: UInt8, flags: UInt8 = 0x18) -> [UInt8] {
    var bytes = Frames.tcp
    bytes[12] = words << 4 | 0x0f  // the low bits are reserved
    bytes[13] = flags
    return bytes
  }

  static func read(_ bytes: [UInt8], at offset: Int = 0) throws(SkipReason) -> TCPHeader {
    try TCPHeader(parsing: bytes.span, at: offset)
  }

  @Test func `each field is read from its place`() throws {
    let header = try Self.read(Frames.tcp)
    #expect(header.sourcePort == 40000)
    #expect(header.destinationPort == 80)
    #expect(header.sequence == SequenceNumber(1000))
    #expect(header.acknowledgment == SequenceNumber(5000))
    #expect(header.flags == [.psh, .ack])
    #expect(header.window == 0x1234)
    #expect(header.byteCount == 20)
  }

  @Test(arguments: UInt8(5)...15)
  func `the data offset counts words with options`(words: UInt8) throws {
    let bytes = Self.header(words: words) + [UInt8](repeating: 1, count: 40)
    #expect(try Self.read(bytes).byteCount == Int(words) * 4)
  }

  @Test(arguments: UInt8(0)...4)
  func `a data offset below 5 is a bad header`(words: UInt8) {
    let bytes = Self.header(words: words)
    #expect(throws: SkipReason.badHeader) { _ = try Self.read(bytes) }
  }

  @Test func `options that were not captured do not matter`() throws {
    #expect(try Self.read(Self.header(words: 15)).byteCount == 60)
  }

  @Test(arguments: 0..<20)
  func `a header of fewer than 20 bytes is truncated`(count: Int) {
    let bytes = [0, 0, 0] + Frames.tcp.prefix(count)
    #expect(throws: SkipReason.truncatedHeader) { _ = try Self.read(bytes, at: 3) }
  }

  @Test(arguments: [20, 21, 1000])
  func `a header that would begin behind the captured bytes is truncated`(offset: Int) {
    #expect(throws: SkipReason.truncatedHeader) { _ = try Self.read(Frames.tcp, at: offset) }
  }

  static let flags: [(UInt8, TCPFlags)] = [
    (0x01, .fin), (0x02, .syn), (0x04, .rst), (0x08, .psh), (0x10, .ack), (0x12, [.syn, .ack]), (0x00, []),
  ]

  @Test(arguments: flags)
  func `each control bit has its name`(byte: UInt8, expected: TCPFlags) throws {
    #expect(try Self.read(Self.header(words: 5, flags: byte)).flags == expected)
  }
}

/// Window scaling and urgent data.
@Suite struct TCPOptionTests {
  static let scales: [(options: [UInt8], scale: WindowScale)] = [
    ([], .absent), ([3, 3, 7, 0], .shift(7)), ([1, 3, 3, 0], .shift(0)),
    ([2, 4, 5, 180, 1, 3, 3, 2], .shift(2)),
    ([3, 3, 200, 0], .shift(14)), ([0, 3, 3, 7], .absent), ([1, 1, 1, 1], .absent), ([8, 0, 3, 3], .unknown),
    ([8, 1, 1, 3, 3, 9, 1, 1], .shift(9)), ([2, 4, 5, 180], .absent), ([1, 1, 1, 3], .unknown),
    ([4, 40, 0, 0], .absent),
  ]

  static func header(_ options: [UInt8], flags: UInt8) -> [UInt8] {
    TCPHeaderTests.header(words: UInt8(5 + options.count / 4), flags: flags).prefix(20) + options
  }

  @Test(arguments: scales)
  func `a SYN tells its window scale`(options: [UInt8], scale: WindowScale) throws {
    #expect(try TCPHeaderTests.read(Self.header(options, flags: 0x02)).windowScale == scale)
    #expect(try TCPHeaderTests.read(Self.header(options, flags: 0x10)).windowScale == .unknown)
  }

  @Test func `options that the capture cut tell nothing`() throws {
    for count in 20..<24 {
      let bytes = Array(Self.header([1, 3, 3, 7], flags: 0x12).prefix(count))
      #expect(try TCPHeaderTests.read(bytes).windowScale == .unknown)
    }
  }

  @Test func `an urgent pointer counts only with its flag`() throws {
    for (flags, pointer) in [(UInt8(0x10), UInt16(0)), (0x30, 0x0102)] {
      var bytes = Self.header([], flags: flags)
      bytes[18...19] = [1, 2]
      #expect(try TCPHeaderTests.read(bytes).urgentPointer == pointer)
    }
  }
}
