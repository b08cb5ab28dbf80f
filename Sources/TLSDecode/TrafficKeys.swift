import Crypto

/// The key and the initialization vector that protect the records of one direction.
struct TrafficKeys {
  var key: SymmetricKey
  /// 12 bytes; with AES-GCM in TLS 1.2 the first 4 of them.
  var iv: [UInt8]

  /// From a traffic secret of TLS 1.3 (RFC 8446 §7.3).
  init(secret: [UInt8], _ suite: CipherSuite, _ aead: CipherSuite.AEAD) {
    let hash = suite.hash
    key = SymmetricKey(data: hash.expandLabel(secret, "key", aead.keyLength))
    iv = hash.expandLabel(secret, "iv", 12)
  }

  /// Of both directions, from the master secret of TLS 1.2 (RFC 5246 §6.3).
  static func pair(
    master: [UInt8], clientRandom: [UInt8], serverRandom: [UInt8], _ suite: CipherSuite,
    _ aead: CipherSuite.AEAD
  ) -> (client: TrafficKeys, server: TrafficKeys) {
    let ivLength = aead == .chaCha20Poly1305 ? 12 : 4
    let seed = Array("key expansion".utf8) + serverRandom + clientRandom
    let block = suite.hash.pseudorandom(master, seed, (aead.keyLength + ivLength) * 2)
    let keys = block.prefix(aead.keyLength * 2)
    let ivs = block.dropFirst(aead.keyLength * 2)
    return (
      TrafficKeys(key: keys.prefix(aead.keyLength), iv: ivs.prefix(ivLength)),
      TrafficKeys(key: keys.suffix(aead.keyLength), iv: ivs.suffix(ivLength))
    )
  }

  private init(key: ArraySlice<UInt8>, iv: ArraySlice<UInt8>) {
    self.key = SymmetricKey(data: key)
    self.iv = Array(iv)
  }
}

extension CipherSuite.Hash {
  var byteCount: Int { self == .sha256 ? 32 : 48 }

  func authenticationCode(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let key = SymmetricKey(data: key)
    return switch self {
    case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    case .sha384: Array(HMAC<SHA384>.authenticationCode(for: message, using: key))
    }
  }

  /// HKDF-Expand-Label with an empty context (RFC 8446 §7.1). What TLS needs fits into the first block of
  /// HKDF-Expand (RFC 5869 §2.3).
  ///
  /// - Parameter count: bytes, at most as many as the hash has.
  func expandLabel(_ secret: [UInt8], _ label: String, _ count: Int) -> [UInt8] {
    let name = Array("tls13 \(label)".utf8)
    let info = [UInt8(count >> 8), UInt8(count & 0xff), UInt8(name.count)] + name + [0]
    return Array(authenticationCode(secret, info + [1]).prefix(count))
  }

  /// The PRF of TLS 1.2 (RFC 5246 §5), label and seed in one.
  func pseudorandom(_ secret: [UInt8], _ seed: [UInt8], _ count: Int) -> [UInt8] {
    var output: [UInt8] = []
    var link = seed
    while output.count < count {
      link = authenticationCode(secret, link)
      output += authenticationCode(secret, link + seed)
    }
    return Array(output.prefix(count))
  }
}
