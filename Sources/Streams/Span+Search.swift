import Capture

extension Span<UInt8> {
  /// The first place of a byte from `start` on. Looks at 8 bytes at once.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
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
}
