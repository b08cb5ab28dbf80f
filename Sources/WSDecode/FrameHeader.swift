import Capture

/// Why a stream cannot be cut into frames any further.
package enum FrameError: Error, Hashable, Sendable {
  /// The most significant bit of a 64-bit length is set (RFC 6455 §5.2).
  case lengthTooLarge
}

/// The header of a WebSocket frame (RFC 6455 §5.2), kept as it was on the wire: most of what it says nobody asks of most
/// frames.
@usableFromInline @frozen package struct FrameHeader: Hashable, Sendable {
  package static let maxByteCount = 14

  @usableFromInline package let payloadLength: UInt64
  /// 0 where there is none.
  @usableFromInline let key: UInt32
  /// FIN, the reserved bits, the opcode.
  @usableFromInline let first: UInt8
  /// MASK, and the length or what stands for a longer one.
  @usableFromInline let second: UInt8

  package static let rsv1: UInt8 = 0b100

  @inlinable package var isFinal: Bool { first & 0x80 != 0 }
  /// The three reserved bits, RSV1 highest.
  package var reserved: UInt8 { (first >> 4) & 0b111 }
  @inlinable package var opcode: Opcode { Opcode(rawValue: first & 0x0f) }
  @inlinable package var isMasked: Bool { second & 0x80 != 0 }
  @inlinable package var maskingKey: UInt32? { isMasked ? key : nil }

  /// Whether it is a text or binary message in one frame, in its shortest form.
  @inline(__always)
  func isWholeMessage(isMasked: Bool, allowsRSV1: Bool) -> Bool {
    let start = first & (allowsRSV1 ? ~(Self.rsv1 << 4) : 0xff)
    return (start == 0x81 || start == 0x82) && self.isMasked == isMasked && isMinimal
  }

  /// Header bytes, 2...14; the payload begins behind them.
  @inlinable package var byteCount: Int { Self.byteCount(second) }

  /// Whether the length stands in its shortest form, as it must.
  package var isMinimal: Bool {
    switch Self.extendedLength(second) {
    case 0: true
    case 2: payloadLength > 125
    default: payloadLength > 0xffff
    }
  }

  /// Bytes of the length that stand behind the first two.
  @inlinable static func extendedLength(_ second: UInt8) -> Int {
    let length = second & 0x7f
    return length < 126 ? 0 : length == 126 ? 2 : 8
  }

  @inlinable static func byteCount(_ second: UInt8) -> Int {
    2 + extendedLength(second) + Int(second >> 7) * 4
  }

  /// - Parameters:
  ///   - bytes: a stream's bytes.
  ///   - offset: where the header begins in them.
  /// - Returns: `nil` if the header does not end within `bytes`.
  @inline(__always)
  package init?(parsing bytes: Span<UInt8>, at offset: Int) throws(FrameError) {
    let have = bytes.count - offset
    guard have >= 2 else { return nil }
    first = bytes[offset]
    second = bytes[offset + 1]
    let byteCount = Self.byteCount(second)
    guard have >= byteCount else { return nil }

    switch Self.extendedLength(second) {
    case 0: payloadLength = UInt64(second & 0x7f)
    case 2: payloadLength = UInt64(bytes.bigEndian16(at: offset + 2))
    default: payloadLength = bytes.bigEndian64(at: offset + 2)
    }
    guard payloadLength >> 63 == 0 else { throw .lengthTooLarge }
    key = second & 0x80 != 0 ? bytes.bigEndian32(at: offset + byteCount - 4) : 0
  }

  /// The mask for the payload byte at `position` (RFC 6455 §5.3); 0 in an unmasked frame.
  package func mask(at position: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32(position & 3)))
  }
}
