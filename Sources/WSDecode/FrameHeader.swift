import Capture

/// Why a stream cannot be cut into frames any further.
package enum FrameError: Error, Hashable, Sendable {
  /// The most significant bit of a 64-bit length is set (RFC 6455 §5.2).
  case lengthTooLarge
}

/// The header of a WebSocket frame (RFC 6455 §5.2).
package struct FrameHeader: Hashable, Sendable {
  package static let maxByteCount = 14

  package var payloadLength: UInt64
  /// Header bytes, 2...14; the payload begins behind them.
  package var byteCount: Int
  package var maskingKey: UInt32?
  package var isFinal: Bool
  /// The three reserved bits, RSV1 highest.
  package var reserved: UInt8
  package var opcode: Opcode
  /// Whether the length stands in its shortest form, as it must.
  package var isMinimal: Bool

  package static let rsv1: UInt8 = 0b100

  /// - Parameters:
  ///   - bytes: a stream's bytes.
  ///   - offset: where the header begins in them.
  /// - Returns: `nil` if the header does not end within `bytes`.
  @inline(__always)
  package init?(parsing bytes: Span<UInt8>, at offset: Int) throws(FrameError) {
    let have = bytes.count - offset
    guard have >= 2 else { return nil }
    let first = bytes[offset]
    let second = bytes[offset + 1]
    let isMasked = second & 0x80 != 0
    let shortLength = second & 0x7f
    let extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0
    byteCount = 2 + extended + (isMasked ? 4 : 0)
    guard have >= byteCount else { return nil }

    switch extended {
    case 0: payloadLength = UInt64(shortLength)
    case 2: payloadLength = UInt64(bytes.bigEndian16(at: offset + 2))
    default: payloadLength = bytes.bigEndian64(at: offset + 2)
    }
    guard payloadLength >> 63 == 0 else { throw .lengthTooLarge }
    isMinimal = extended == 0 || payloadLength > (extended == 2 ? 125 : 0xffff)
    isFinal = first & 0x80 != 0
    reserved = (first >> 4) & 0b111
    opcode = Opcode(rawValue: first & 0x0f)
    if isMasked { maskingKey = bytes.bigEndian32(at: offset + 2 + extended) }
  }

  /// The mask for the payload byte at `position` (RFC 6455 §5.3); 0 in an unmasked frame.
  package func mask(at position: UInt64) -> UInt8 {
    guard let maskingKey else { return 0 }
    return UInt8(truncatingIfNeeded: maskingKey >> (24 - 8 * UInt32(position & 3)))
  }
}
