/// What a frame is (RFC 9113 §6).
struct FrameType: RawRepresentable, Hashable, Sendable {
  var rawValue: UInt8

  static let data = FrameType(rawValue: 0)
  static let headers = FrameType(rawValue: 1)
  static let priority = FrameType(rawValue: 2)
  static let resetStream = FrameType(rawValue: 3)
  static let settings = FrameType(rawValue: 4)
  static let pushPromise = FrameType(rawValue: 5)
  static let ping = FrameType(rawValue: 6)
  static let goAway = FrameType(rawValue: 7)
  static let windowUpdate = FrameType(rawValue: 8)
  static let continuation = FrameType(rawValue: 9)
}

/// The nine bytes in front of every frame (RFC 9113 §4.1).
struct FrameHeader: Hashable, Sendable {
  /// Of the payload, padding included: 24 bits.
  var length: Int
  var type: FrameType
  var flags: UInt8
  /// 0 is the connection.
  var streamID: UInt32
  /// Must be 0, and must be ignored (RFC 9113 §4.1).
  var reservedBit: Bool

  static let byteCount = 9
  static let endStream: UInt8 = 0x1
  static let ack: UInt8 = 0x1
  static let endHeaders: UInt8 = 0x4
  static let padded: UInt8 = 0x8
  static let priority: UInt8 = 0x20

  /// - Parameter index: where in `bytes` nine of them are.
  init(_ bytes: Span<UInt8>, at index: Int) {
    length = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
    type = FrameType(rawValue: bytes[index + 3])
    flags = bytes[index + 4]
    let id = (5..<9).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[index + $1]) }
    streamID = id & 0x7fff_ffff
    reservedBit = id >> 31 != 0
  }

  func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

  /// Whether the last byte of the stream is in this frame, or in the CONTINUATION frames behind it.
  var endsStream: Bool { (type == .data || type == .headers) && has(Self.endStream) }
}
