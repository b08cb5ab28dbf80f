/// Fields of headers, which have the network's order of bytes.
extension [UInt8] {
  @inline(__always)
  func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8
      | UInt32(self[offset + 3])
  }

  @inline(__always)
  func bigEndian16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  @inline(__always)
  mutating func setBigEndian32(_ value: UInt32, at offset: Int) {
    setBigEndian16(UInt16(value >> 16), at: offset)
    setBigEndian16(UInt16(truncatingIfNeeded: value), at: offset + 2)
  }

  @inline(__always)
  mutating func setBigEndian16(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  @inline(__always)
  mutating func appendLittleEndian32(_ value: UInt32) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value >> 16))
    append(UInt8(truncatingIfNeeded: value >> 24))
  }
}
