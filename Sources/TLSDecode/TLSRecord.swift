import Capture

/// The content types of records (RFC 8446 §5.1).
struct ContentType: RawRepresentable, Hashable {
  let rawValue: UInt8

  static let changeCipherSpec = ContentType(rawValue: 20)
  static let alert = ContentType(rawValue: 21)
  static let handshake = ContentType(rawValue: 22)
  static let applicationData = ContentType(rawValue: 23)
}

/// The header of a record (RFC 8446 §5.1, RFC 5246 §6.2.1).
struct TLSRecordHeader: Equatable {
  static let byteCount = 5
  /// 2^14 bytes of content, and what protection may add in TLS 1.2.
  static let maxBodyLength = (1 << 14) + 2048

  var type: ContentType
  var version: UInt16
  /// Bytes that follow the header.
  var bodyLength: Int

  /// - Returns: `nil` if the five bytes from `offset` on cannot be a header.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard bytes.count - offset >= Self.byteCount else { return nil }
    type = ContentType(rawValue: bytes[offset])
    version = UInt16(bytes[offset + 1]) << 8 | UInt16(bytes[offset + 2])
    bodyLength = Int(bytes[offset + 3]) << 8 | Int(bytes[offset + 4])
    guard (20...23).contains(type.rawValue), (0x0300...0x0304).contains(version),
      (1...Self.maxBodyLength).contains(bodyLength)
    else { return nil }
  }

  /// The header as the additional data of TLS 1.3 has it.
  var bytes: [UInt8] {
    [
      type.rawValue, UInt8(version >> 8), UInt8(version & 0xff), UInt8(bodyLength >> 8),
      UInt8(bodyLength & 0xff),
    ]
  }
}

/// One record of one direction.
struct TLSRecord {
  var header: TLSRecordHeader
  /// What follows the header; `nil` if bytes of it are missing, or if it was not asked for.
  var body: [UInt8]?
  /// Header and body on the stream that carries them.
  var range: Range<UInt64>
  /// The packet with the last byte.
  var packet: PacketReference
}
