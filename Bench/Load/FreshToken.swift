import Crypto
import Foundation

/// A text of the handshake that tells sessions apart: each clone has its own, of the same length.
enum FreshToken: CaseIterable {
  case key, accept, requestID

  /// The header field that it is the value of.
  var field: String {
    switch self {
    case .key: "sec-websocket-key"
    case .accept: "sec-websocket-accept"
    case .requestID: "x-request-id"
    }
  }

  /// Where it stands among the tokens of a clone.
  var range: Range<Int> {
    switch self {
    case .key: 0..<24
    case .accept: 24..<52
    case .requestID: 52..<88
    }
  }

  /// The tokens of a clone, one behind the other.
  static func all(_ random: inout SplitMix64) -> [UInt8] {
    let key = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
    return Array((key + accept(for: key) + requestID(&random)).utf8)
  }

  /// RFC 6455 §4.2.2.
  private static func accept(for key: String) -> String {
    let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return Data(Insecure.SHA1.hash(data: Data(text.utf8))).base64EncodedString()
  }

  /// A random UUID (RFC 9562 §5.4), as Envoy makes it.
  private static func requestID(_ random: inout SplitMix64) -> String {
    var digits = Array(
      String(random.next() | 1 << 63, radix: 16) + String(random.next() | 1 << 63, radix: 16))
    (digits[12], digits[16]) = ("4", "a")
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return parts.map { String(digits[$0]) }.joined(separator: "-")
  }
}
