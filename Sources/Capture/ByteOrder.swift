/// Reads of multi-byte fields, bounds-checked; callers compare with `count` first, so that none traps.
extension Span<UInt8> {
  @inline(__always)
  func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  @inline(__always)
  func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(bigEndian16(at: offset)) << 16 | UInt32(bigEndian16(at: offset + 2))
  }

  @inline(__always)
  func bigEndian64(at offset: Int) -> UInt64 {
    UInt64(bigEndian32(at: offset)) << 32 | UInt64(bigEndian32(at: offset + 4))
  }
}

/// The byte order of the machine that wrote a capture file.
enum ByteOrder {
  case big, little

  @inline(__always)
  func uint16(_ bytes: Span<UInt8>, at offset: Int) -> UInt16 {
    let value = bytes.bigEndian16(at: offset)
    return self == .big ? value : value.byteSwapped
  }

  @inline(__always)
  func uint32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
    let value = bytes.bigEndian32(at: offset)
    return self == .big ? value : value.byteSwapped
  }

  @inline(__always)
  func uint64(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    let value = bytes.bigEndian64(at: offset)
    return self == .big ? value : value.byteSwapped
  }
}
