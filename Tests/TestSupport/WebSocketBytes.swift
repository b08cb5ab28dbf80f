import Streams
import WSDecode

/// The bytes of handshakes and frames, as programs send them.
package enum WebSocketBytes {
  package static let key = "dGhlIHNhbXBsZSBub25jZQ=="

  /// A `Sec-WebSocket-Key` of its own.
  package static func key(named name: String) -> String {
    String("\(name)AAAAAAAAAAAAAAAAAAAAAA".prefix(22)) + "=="
  }

  package static func request(
    key: String = key, target: String = "/feed", extraFields: [String] = []
  ) -> [UInt8] {
    lines(
      [
        "GET \(target) HTTP/1.1", "Host: example.com", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
      ] + extraFields)
  }

  package static func response(key: String = key, extraFields: [String] = []) -> [UInt8] {
    lines(
      [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: \(UpgradeResponse.accept(for: key))",
      ] + extraFields)
  }

  /// A head: the lines, and an empty one.
  package static func lines(_ lines: [String]) -> [UInt8] {
    Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// A frame; with a masking key as a client sends it, without as a server does.
  package static func frame(
    _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0, mask: UInt32? = nil
  ) -> [UInt8] {
    var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode.rawValue]
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    switch payload.count {
    case ..<126: bytes.append(maskBit | UInt8(payload.count))
    case ..<65536: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    default:
      bytes.append(maskBit | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    guard let mask else { return bytes + payload }
    let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32($0))) }
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }

  package static func text(_ text: String, from side: Side = .server) -> [UInt8] {
    frame(.text, Array(text.utf8), mask: side == .client ? 0x1234_5678 : nil)
  }

  package static func close(_ code: UInt16?, _ reason: String = "", from side: Side = .server) -> [UInt8] {
    close(code, reason, mask: side == .client ? 0x1234_5678 : nil)
  }

  package static func close(_ code: UInt16?, _ reason: String = "", mask: UInt32?) -> [UInt8] {
    let body = code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] + Array(reason.utf8) } ?? []
    return frame(.close, body, mask: mask)
  }
}

extension Conversation {
  /// Opens TCP and upgrades to WebSocket.
  package mutating func upgrade(
    key: String = WebSocketBytes.key, requestFields: [String] = [], responseFields: [String] = []
  ) {
    open()
    send(.client, WebSocketBytes.request(key: key, extraFields: requestFields))
    send(.server, WebSocketBytes.response(key: key, extraFields: responseFields))
    acknowledge(.client)
  }
}
