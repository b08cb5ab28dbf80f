import Capture

extension Span<UInt8> {
  /// The first place of a byte from `start` on. Looks at 8 bytes at once.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index <= count - 8 {
      // The byte becomes 0; what is subtracted borrows from the highest bit of the first that is.
      let word = littleEndian64(at: index) ^ ones &* UInt64(byte)
      let found = (word &- ones) & ~word & (ones &* 0x80)
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Whether the bytes of a range are a text in lower case that begins at `start` of others, letter case aside.
  func matches(_ text: Span<UInt8>, from start: Int, at range: Range<Int>) -> Bool {
    let (bytes, text) = (extracting(range), text.extracting(start..<start + range.count))
    for index in bytes.indices where bytes[index].lowercased != text[index] { return false }
    return true
  }
}

extension UInt8 {
  /// Of an ASCII letter the small one.
  var lowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}
