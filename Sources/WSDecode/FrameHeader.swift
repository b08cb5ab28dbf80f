/// Why a stream cannot be cut into frames any further.
package enum FrameError: Error, Hashable, Sendable {
  /// The most significant bit of a 64-bit length is set (RFC 6455 §5.2).
  case lengthTooLarge
}

/// The header of a WebSocket frame (RFC 6455 §5.2).
package struct FrameHeader: Hashable, Sendable {
  package static let maxByteCount = 14

  package var isFinal: Bool
  /// The three reserved bits, RSV1 highest.
  package var reserved: UInt8
  package var opcode: Opcode
  package var maskingKey: UInt32?
  package var payloadLength: UInt64
  /// Header bytes, 2...14; the payload begins behind them.
  package var byteCount: Int
  /// Whether the length stands in its shortest form, as it must.
  package var isMinimal: Bool

  package static let rsv1: UInt8 = 0b100

  /// - Parameters:
  ///   - bytes: a stream's bytes.
  ///   - offset: where the header begins in them.
  /// - Returns: `nil` if the header does not end within `bytes`.
  package init?(parsing bytes: Span<UInt8>, at offset: Int) throws(FrameError) {
    let have = bytes.count - offset
    guard have >= 2 else { return nil }
    let first = bytes[offset]
    let second = bytes[offset + 1]
    let extended = second & 0x7f == 126 ? 2 : second & 0x7f == 127 ? 8 : 0
    byteCount = 2 + extended + (second & 0x80 != 0 ? 4 : 0)
    guard have >= byteCount else { return nil }

    var length = UInt64(second & 0x7f)
    if extended > 0 {
      length = 0
      for index in 0..<extended { length = length << 8 | UInt64(bytes[offset + 2 + index]) }
    }
    guard length >> 63 == 0 else { throw .lengthTooLarge }
    payloadLength = length
    isMinimal = extended == 0 || length > (extended == 2 ? 125 : 0xffff)
    isFinal = first & 0x80 != 0
    reserved = (first >> 4) & 0b111
    opcode = Opcode(rawValue: first & 0x0f)
    if second & 0x80 != 0 {
      var key: UInt32 = 0
      for index in 0..<4 { key = key << 8 | UInt32(bytes[offset + 2 + extended + index]) }
      maskingKey = key
    }
  }

  /// The mask for the payload byte at `position` (RFC 6455 §5.3); 0 in an unmasked frame.
  package func mask(at position: UInt64) -> UInt8 {
    guard let maskingKey else { return 0 }
    return UInt8(truncatingIfNeeded: maskingKey >> (24 - 8 * UInt32(position & 3)))
  }
}
