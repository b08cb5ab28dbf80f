import Capture
import Streams

/// The first bytes of a payload as they were on the wire, however segments cut them: by them a frame is known again on
/// another leg.
struct PayloadSample {
  /// Little-endian, the payload's first byte lowest; 0 where none was captured.
  private var words = SIMD4<UInt64>()
  /// How many of the sampled bytes were captured.
  private var count: UInt64 = 0
  static let maxCount: UInt64 = 32
  private static let wordLength = 8

  /// - Parameter position: where in the payload the bytes begin.
  mutating func add(_ bytes: Span<UInt8>, _ piece: Range<Int>, at position: UInt64) {
    guard position < Self.maxCount else { return }
    var place = Int(position)
    let end = min(place + piece.count, Int(Self.maxCount))
    count += UInt64(end - place)
    var index = piece.lowerBound
    while place < end {
      if place.isMultiple(of: Self.wordLength), place + Self.wordLength <= end {
        words[place / Self.wordLength] = bytes.littleEndian64(at: index)
        (place, index) = (place + Self.wordLength, index + Self.wordLength)
      } else {
        let shift = UInt64(place % Self.wordLength * 8)
        words[place / Self.wordLength] |= UInt64(bytes[index]) << shift
        (place, index) = (place + 1, index + 1)
      }
    }
  }

  /// Whether nothing of it is missing.
  func isComplete(payloadLength: UInt64) -> Bool { count >= min(Self.maxCount, payloadLength) }

  /// 0 for no bytes.
  var digest: UInt64 {
    guard count > 0 else { return 0 }
    var hash = count
    for lane in 0..<min(4, (Int(count) + 7) / Self.wordLength) { hash = (hash ^ words[lane]).mixed() }
    return max(hash, 1)
  }

  /// The digest of a payload that lies in one piece, as that of a sample to which it was added.
  static func digest(of bytes: Span<UInt8>, _ payload: Range<Int>) -> UInt64 {
    guard !payload.isEmpty else { return 0 }
    var left = min(payload.count, Int(maxCount))
    var hash = UInt64(left)
    var index = payload.lowerBound
    while left >= wordLength {
      hash = (hash ^ bytes.littleEndian64(at: index)).mixed()
      (index, left) = (index + wordLength, left - wordLength)
    }
    return max(left > 0 ? (hash ^ partialWord(of: bytes, at: index, left)).mixed() : hash, 1)
  }

  /// The last bytes of a payload, fewer than make a word; 0 for the others.
  @inline(__always)
  private static func partialWord(of bytes: Span<UInt8>, at index: Int, _ count: Int) -> UInt64 {
    let end = index + count
    // The word that ends where they end: what is before them is shifted out.
    if end >= wordLength {
      return bytes.littleEndian64(at: end - wordLength) >> UInt64((wordLength - count) * 8)
    }
    var word: UInt64 = 0
    for place in 0..<count { word |= UInt64(bytes[index + place]) << UInt64(place * 8) }
    return word
  }
}
