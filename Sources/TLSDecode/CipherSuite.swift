/// A cipher suite (RFC 8446 §B.4, RFC 5288, RFC 7905, and the IANA registry).
package struct CipherSuite: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  enum Hash: Sendable { case sha256, sha384 }

  /// An authenticated cipher that can be opened here.
  enum AEAD: Sendable {
    case aes128GCM, aes256GCM, chaCha20Poly1305

    var keyLength: Int { self == .aes128GCM ? 16 : 32 }
  }

  private struct Entry {
    var name: String
    var aead: AEAD?
    var hash = Hash.sha256
  }

  private static let entries: [UInt16: Entry] = [
    0x1301: Entry(name: "TLS_AES_128_GCM_SHA256", aead: .aes128GCM),
    0x1302: Entry(name: "TLS_AES_256_GCM_SHA384", aead: .aes256GCM, hash: .sha384),
    0x1303: Entry(name: "TLS_CHACHA20_POLY1305_SHA256", aead: .chaCha20Poly1305),
    0x1304: Entry(name: "TLS_AES_128_CCM_SHA256"),
    0x1305: Entry(name: "TLS_AES_128_CCM_8_SHA256"),
    0x009c: Entry(name: "TLS_RSA_WITH_AES_128_GCM_SHA256", aead: .aes128GCM),
    0x009d: Entry(name: "TLS_RSA_WITH_AES_256_GCM_SHA384", aead: .aes256GCM, hash: .sha384),
    0x009e: Entry(name: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", aead: .aes128GCM),
    0x009f: Entry(name: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", aead: .aes256GCM, hash: .sha384),
    0xc02b: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", aead: .aes128GCM),
    0xc02c: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", aead: .aes256GCM, hash: .sha384),
    0xc02f: Entry(name: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", aead: .aes128GCM),
    0xc030: Entry(name: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", aead: .aes256GCM, hash: .sha384),
    0xcca8: Entry(name: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", aead: .chaCha20Poly1305),
    0xcca9: Entry(name: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", aead: .chaCha20Poly1305),
    0xccaa: Entry(name: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", aead: .chaCha20Poly1305),
    // CBC: not decrypted here.
    0x002f: Entry(name: "TLS_RSA_WITH_AES_128_CBC_SHA"),
    0x0035: Entry(name: "TLS_RSA_WITH_AES_256_CBC_SHA"),
    0x003c: Entry(name: "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    0x003d: Entry(name: "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    0xc009: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    0xc00a: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    0xc013: Entry(name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    0xc014: Entry(name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    0xc023: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    0xc024: Entry(name: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    0xc027: Entry(name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    0xc028: Entry(name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
  ]

  /// Its name in the registry; its number if it is not known here.
  package var name: String { Self.entries[rawValue]?.name ?? "cipher suite 0x\(Self.hex(rawValue))" }

  /// `nil` if records of this suite cannot be opened here.
  var aead: AEAD? { Self.entries[rawValue]?.aead }

  var hash: Hash { Self.entries[rawValue]?.hash ?? .sha256 }

  /// How many bytes a record's body has more than its content, without padding; `nil` if that is not known
  /// or not constant.
  package var overhead: Int? {
    switch rawValue {
    // The content type and a tag (RFC 8446 §5.2).
    case 0x1301...0x1304: 17
    case 0x1305: 9
    // An explicit nonce and a tag (RFC 5288 §3); none with ChaCha20 (RFC 7905 §2).
    default: aead.map { $0 == .chaCha20Poly1305 ? 16 : 24 }
    }
  }

  private static func hex(_ number: UInt16) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
