import Crypto

/// Opens the protected records of one direction under one key, in the order of their sequence numbers.
struct RecordProtection {
  /// What a record held.
  struct Content {
    var type: ContentType
    var bytes: [UInt8]
  }

  private let aead: CipherSuite.AEAD
  private let isTLS13: Bool
  private var keys: TrafficKeys
  private var secret: [UInt8]
  private let suite: CipherSuite
  /// The number of the next record.
  private(set) var sequence: UInt64 = 0

  /// TLS 1.3.
  init(secret: [UInt8], _ suite: CipherSuite, _ aead: CipherSuite.AEAD) {
    self.secret = secret
    self.suite = suite
    self.aead = aead
    keys = TrafficKeys(secret: secret, suite, aead)
    isTLS13 = true
  }

  /// TLS 1.2.
  init(_ keys: TrafficKeys, _ suite: CipherSuite, _ aead: CipherSuite.AEAD) {
    self.keys = keys
    self.suite = suite
    self.aead = aead
    secret = []
    isTLS13 = false
  }

  /// Opens the record with the number `sequence + skipped`.
  ///
  /// - Returns: `nil` if it does not authenticate; nothing has changed then.
  mutating func open(_ header: TLSRecordHeader, _ body: [UInt8], skipped: UInt64 = 0) -> Content? {
    let number = sequence &+ skipped
    guard let content = isTLS13 ? open13(header, body, number) : open12(header, body, number) else {
      return nil
    }
    sequence = number &+ 1
    return content
  }

  /// A record whose bytes are missing takes its number all the same.
  mutating func skip() { sequence &+= 1 }

  /// The keys behind a KeyUpdate (RFC 8446 §7.2).
  mutating func update() {
    secret = suite.hash.expandLabel(secret, "traffic upd", suite.hash.byteCount)
    keys = TrafficKeys(secret: secret, suite, aead)
    sequence = 0
  }

  // MARK: TLS 1.3 (RFC 8446 §5.2)

  private func open13(_ header: TLSRecordHeader, _ body: [UInt8], _ number: UInt64) -> Content? {
    guard let inner = open(body[...], nonce: combined(keys.iv, number), authenticating: header.bytes),
      // Behind the content stand its type and zeros.
      let end = inner.lastIndex(where: { $0 != 0 })
    else { return nil }
    return Content(type: ContentType(rawValue: inner[end]), bytes: Array(inner[..<end]))
  }

  // MARK: TLS 1.2 (RFC 5246 §6.2.3.3)

  private func open12(_ header: TLSRecordHeader, _ body: [UInt8], _ number: UInt64) -> Content? {
    let explicit = aead == .chaCha20Poly1305 ? 0 : 8
    let length = body.count - explicit - Self.tagLength
    guard length >= 0 else { return nil }
    let nonce = explicit == 0 ? combined(keys.iv, number) : keys.iv + body.prefix(explicit)
    let numberBytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    let data =
      numberBytes + header.bytes.prefix(3) + [UInt8(length >> 8), UInt8(length & 0xff)]
    return open(body.dropFirst(explicit), nonce: nonce, authenticating: data).map {
      Content(type: header.type, bytes: $0)
    }
  }

  private static let tagLength = 16

  private func combined(_ iv: [UInt8], _ number: UInt64) -> [UInt8] {
    var nonce = iv
    for index in 0..<8 {
      nonce[iv.count - 1 - index] ^= UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
    }
    return nonce
  }

  private func open(
    _ sealed: ArraySlice<UInt8>, nonce: [UInt8], authenticating data: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= Self.tagLength else { return nil }
    let (text, tag) = (sealed.dropLast(Self.tagLength), sealed.suffix(Self.tagLength))
    do {
      if aead == .chaCha20Poly1305 {
        let box = try ChaChaPoly.SealedBox(nonce: .init(data: nonce), ciphertext: text, tag: tag)
        return Array(try ChaChaPoly.open(box, using: keys.key, authenticating: data))
      }
      let box = try AES.GCM.SealedBox(nonce: .init(data: nonce), ciphertext: text, tag: tag)
      return Array(try AES.GCM.open(box, using: keys.key, authenticating: data))
    } catch {
      return nil
    }
  }
}
