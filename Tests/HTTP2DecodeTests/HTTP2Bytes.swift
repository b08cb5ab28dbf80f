import NIOCore
import NIOHPACK
import Streams

/// Writes the frames of one direction as programs send them.
struct HTTP2Bytes {
  private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    number(UInt32(payload.count)).dropFirst() + [type, flags] + number(stream) + payload
  }

  static func number(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
  }

  static func data(
    _ stream: UInt32, _ bytes: [UInt8], endStream: Bool = false, padding: Int? = nil
  ) -> [UInt8] {
    let flags: UInt8 = (endStream ? 1 : 0) | (padding == nil ? 0 : 8)
    guard let padding else { return frame(0, flags: flags, stream: stream, bytes) }
    return frame(
      0, flags: flags, stream: stream, [UInt8(padding)] + bytes + [UInt8](repeating: 0, count: padding))
  }

  static func settings(_ pairs: [(UInt16, UInt32)] = [], ack: Bool = false) -> [UInt8] {
    frame(
      4, flags: ack ? 1 : 0,
      pairs.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] + number($1) })
  }

  static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
    frame(8, stream: stream, number(increment))
  }

  static func reset(_ stream: UInt32, _ code: UInt32) -> [UInt8] { frame(3, stream: stream, number(code)) }

  static func goAway(last: UInt32, _ code: UInt32) -> [UInt8] { frame(7, number(last) + number(code)) }

  static func ping(ack: Bool = false) -> [UInt8] {
    frame(6, flags: ack ? 1 : 0, [1, 2, 3, 4, 5, 6, 7, 8])
  }

  mutating func block(_ fields: [(String, String)]) throws -> [UInt8] {
    var buffer = ByteBuffer()
    try encoder.encode(headers: HPACKHeaders(fields), to: &buffer)
    return Array(buffer.readableBytesView)
  }

  mutating func headers(
    _ stream: UInt32, _ fields: [(String, String)], endStream: Bool = false
  ) throws -> [UInt8] {
    Self.frame(1, flags: 4 | (endStream ? 1 : 0), stream: stream, try block(fields))
  }

  static let extendedConnect = [
    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/feed"),
    (":authority", "example.com"), ("x-request-id", "7"),
  ]

  mutating func extendedConnect(_ stream: UInt32) throws -> [UInt8] {
    try headers(stream, Self.extendedConnect)
  }

  mutating func accepted(_ stream: UInt32) throws -> [UInt8] { try headers(stream, [(":status", "200")]) }
}
