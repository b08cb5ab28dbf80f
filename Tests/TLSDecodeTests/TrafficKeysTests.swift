import Testing

@testable import TLSDecode

/// Against published values.
@Suite struct TrafficKeysTests {
  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  @Test func `RFC 8448 has these keys for the server's handshake`() {
    let secret = Self.bytes("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    #expect(
      CipherSuite.Hash.sha256.expandLabel(secret, "key", 16) == Self.bytes("3fce516009c21727d0f2e4e86ee403bc")
    )
    #expect(CipherSuite.Hash.sha256.expandLabel(secret, "iv", 12) == Self.bytes("5d313eb2671276ee13000b30"))
  }

  @Test func `RFC 8448 has these keys for the client's data`() {
    let secret = Self.bytes("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
    #expect(
      CipherSuite.Hash.sha256.expandLabel(secret, "key", 16) == Self.bytes("17422dda596ed5d9acd890e3c63f5051")
    )
    #expect(CipherSuite.Hash.sha256.expandLabel(secret, "iv", 12) == Self.bytes("5b78923dee08579033e523d9"))
  }

  @Test func `the PRF of TLS 1.2 gives the test vector of P_SHA256`() {
    let secret = Self.bytes("9bbe436ba940f017b17652849a71db35")
    let seed = Array("test label".utf8) + Self.bytes("a0ba9f936cda311827a6f796ffd5198c")
    let output = CipherSuite.Hash.sha256.pseudorandom(secret, seed, 100)
    #expect(
      output.prefix(32).elementsEqual(
        Self.bytes("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a")))
    #expect(output.count == 100)
  }
}
