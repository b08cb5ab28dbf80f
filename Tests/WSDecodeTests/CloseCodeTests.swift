import Testing
import WSDecode

@Suite struct CloseCodeTests {
  static let reserved: [UInt16] = [
    0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 9999, 0xffff,
  ]
  static let allowed: [UInt16] =
    Array(1000...1003) + Array(1007...1014) + [3000, 3001, 3003, 3008, 3999, 4000, 4321, 4999]

  @Test(arguments: reserved)
  func `a reserved code must not be sent`(code: UInt16) {
    #expect(!CloseCode(rawValue: code).maySend)
    let body = CloseBody(captured: [UInt8(code >> 8), UInt8(code & 0xff)], length: 2)
    #expect(body.code?.rawValue == code)
    #expect(body.violations == .reservedCode)
  }

  @Test(arguments: allowed)
  func `a registered code or one of libraries and applications may be sent`(code: UInt16) {
    #expect(CloseCode(rawValue: code).maySend)
    let body = CloseBody(captured: [UInt8(code >> 8), UInt8(code & 0xff)], length: 2)
    #expect(body.code?.rawValue == code)
    #expect(body.violations == [])
  }

  @Test func `no more codes may be sent than those of the ranges`() {
    let count = (0...UInt16.max).count { CloseCode(rawValue: $0).maySend }
    #expect(count == 4 + 8 + 2000)
  }

  /// The IANA WebSocket Close Code Number Registry.
  static let names: [(UInt16, String?)] = [
    (1000, "Normal Closure"), (1001, "Going Away"), (1002, "Protocol error"), (1003, "Unsupported Data"),
    (1004, "Reserved"), (1005, "No Status Rcvd"), (1006, "Abnormal Closure"),
    (1007, "Invalid frame payload data"), (1008, "Policy Violation"), (1009, "Message Too Big"),
    (1010, "Mandatory Ext."), (1011, "Internal Error"), (1012, "Service Restart"),
    (1013, "Try Again Later"), (1014, "Bad Gateway"), (1015, "TLS handshake"), (3000, "Unauthorized"),
    (3003, "Forbidden"), (3008, "Timeout"),
    (0, nil), (999, nil), (1016, nil), (2999, nil), (3001, nil), (4000, nil), (5000, nil),
  ]

  @Test(arguments: names)
  func `a code has the name that the registry gives it`(code: UInt16, name: String?) {
    #expect(CloseCode(rawValue: code).name == name)
  }

  @Test func `codes that stand for something else are named`() {
    #expect(CloseCode.noStatusReceived.rawValue == 1005)
    #expect(CloseCode.abnormalClosure.rawValue == 1006)
    #expect(CloseCode.tlsHandshake.rawValue == 1015)
  }
}
