import Glibc

extension Span<UInt8> {
  /// The first place of a byte from `start` on.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count else { return nil }
    // SAFETY: `memchr` looks at the bytes of the buffer, and returns a place among them or NULL.
    return unsafe extracting(start..<count).withUnsafeBytes { bytes in
      guard let first = bytes.baseAddress,
        let found = unsafe memchr(first, Int32(byte), bytes.count)
      else { return nil }
      return unsafe start + (found - UnsafeMutableRawPointer(mutating: first))
    }
  }
}
