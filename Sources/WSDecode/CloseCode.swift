/// Why an endpoint closes (RFC 6455 §7.4 and the IANA WebSocket Close Code Number Registry).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let noStatusReceived = CloseCode(rawValue: 1005)
  package static let abnormalClosure = CloseCode(rawValue: 1006)
  package static let tlsHandshake = CloseCode(rawValue: 1015)

  /// Whether an endpoint may put the code in a Close frame: registered for that, or left to libraries
  /// and applications (RFC 6455 §7.4.2).
  package var maySend: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// The registry's name; `nil` where it has none.
  package var name: String? {
    switch rawValue {
    case 1000: "Normal Closure"
    case 1001: "Going Away"
    case 1002: "Protocol error"
    case 1003: "Unsupported Data"
    case 1004: "Reserved"
    case 1005: "No Status Rcvd"
    case 1006: "Abnormal Closure"
    case 1007: "Invalid frame payload data"
    case 1008: "Policy Violation"
    case 1009: "Message Too Big"
    case 1010: "Mandatory Ext."
    case 1011: "Internal Error"
    case 1012: "Service Restart"
    case 1013: "Try Again Later"
    case 1014: "Bad Gateway"
    case 1015: "TLS handshake"
    case 3000: "Unauthorized"
    case 3003: "Forbidden"
    case 3008: "Timeout"
    default: nil
    }
  }
}
