extension Span<UInt8> {
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
