import Capture
import Streams

extension Span<UInt8> {
  /// Whether the bytes of a range are a text.
  func equals(_ text: Span<UInt8>, at range: Range<Int>) -> Bool {
    guard range.count == text.count else { return false }
    let bytes = extracting(range)
    for index in bytes.indices where bytes[index] != text[index] { return false }
    return true
  }

  /// Whether the bytes of a range are a text in lower case, letter case aside.
  func matches(_ text: Span<UInt8>, at range: Range<Int>) -> Bool {
    guard range.count == text.count else { return false }
    let bytes = extracting(range)
    for index in bytes.indices where bytes[index].lowercased != text[index] { return false }
    return true
  }

  /// The range without what stands around it.
  @inline(__always)
  func trimming(_ range: Range<Int>, _ isAround: (UInt8) -> Bool) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, isAround(self[low]) { low += 1 }
    while low < high, isAround(self[high - 1]) { high -= 1 }
    return low..<high
  }

  /// So many bytes from a place on, at most 8, as a number: the first one lowest, letters in lower case; 0 where there
  /// are none.
  func lowercasedWord(at place: Int, _ length: Int) -> UInt64 {
    guard length > 0 else { return 0 }
    if length >= 8 { return littleEndian64(at: place).lowercased }
    if place <= count - 8 { return littleEndian64(at: place).lowercased & (1 << UInt64(length * 8) - 1) }
    var word: UInt64 = 0
    for index in (place..<place + length).reversed() { word = word << 8 | UInt64(self[index].lowercased) }
    return word
  }
}

extension UInt8 {
  /// OWS (RFC 9110 §5.6.3).
  var isSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

  /// Of an ASCII letter the small one.
  var lowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}

extension UInt64 {
  /// The same of each of its 8 bytes.
  var lowercased: UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // What is added to the lower seven bits of each byte carries into the highest from the letter on.
    let low = self & (0x7f &* ones)
    let fromA = low &+ (0x80 - 0x41) &* ones
    let behindZ = low &+ (0x80 - 0x5b) &* ones
    return self | (fromA & ~behindZ & ~self & (0x80 &* ones)) >> 2
  }
}

extension String {
  /// What is not UTF-8 is repaired.
  init(decoding bytes: Span<UInt8>) {
    do { self.init(copying: try UTF8Span(validating: bytes)) } catch {
      self.init(decoding: [UInt8](bytes, bytes.indices), as: UTF8.self)
    }
  }
}
