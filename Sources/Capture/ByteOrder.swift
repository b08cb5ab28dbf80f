/// Reads of multi-byte fields, bounds-checked; callers compare with `count` first, so that none traps.
extension Span<UInt8> {
  @inlinable @inline(__always)
  package func bigEndian16(at offset: Int) -> UInt16 { UInt16(bigEndian: load(at: offset)) }

  @inlinable @inline(__always)
  package func bigEndian32(at offset: Int) -> UInt32 { UInt32(bigEndian: load(at: offset)) }

  @inlinable @inline(__always)
  package func bigEndian64(at offset: Int) -> UInt64 { UInt64(bigEndian: load(at: offset)) }

  @inlinable package func littleEndian64(at offset: Int) -> UInt64 { UInt64(littleEndian: load(at: offset)) }

  @inlinable @inline(__always)
  package func load<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Integer {
    // SAFETY: any bytes make an integer, and the load checks that they lie within the span.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self)
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
