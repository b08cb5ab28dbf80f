extension [UInt8] {
  /// Adds a part of a span. All at once: byte by byte costs more than to decrypt them.
  package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    // SAFETY: the buffer is valid within the closure, and what is appended is copied.
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// A copy of a part of a span.
  package init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    self = []
    append(bytes, range)
  }
}
