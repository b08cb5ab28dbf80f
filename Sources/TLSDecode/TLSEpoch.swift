/// The records of one direction that are protected by one secret and its updates (RFC 8446 §2).
struct TLSEpoch {
  enum Kind { case early, handshake, application }
  var kind: Kind
  var protection: RecordProtection
}

extension TLSSecrets {
  /// The epochs of both directions, in the order of their use.
  ///
  /// - Returns: `nil` if the secrets are those of another version.
  func epochs(
    _ hello: ServerHello, _ aead: CipherSuite.AEAD, clientRandom: [UInt8]
  ) -> (client: [TLSEpoch], server: [TLSEpoch])? {
    if hello.version == 0x0303 {
      guard let master else { return nil }
      let keys = TrafficKeys.pair(
        master: master, clientRandom: clientRandom, serverRandom: hello.random, hello.suite, aead)
      return (
        [TLSEpoch(kind: .application, protection: RecordProtection(keys.client, hello.suite, aead))],
        [TLSEpoch(kind: .application, protection: RecordProtection(keys.server, hello.suite, aead))]
      )
    }
    guard clientTraffic != nil, serverTraffic != nil else { return nil }
    func epochs(_ secrets: [(TLSEpoch.Kind, [UInt8]?)]) -> [TLSEpoch] {
      secrets.compactMap { kind, secret in
        secret.map { TLSEpoch(kind: kind, protection: RecordProtection(secret: $0, hello.suite, aead)) }
      }
    }
    return (
      epochs([(.early, clientEarly), (.handshake, clientHandshake), (.application, clientTraffic)]),
      epochs([(.handshake, serverHandshake), (.application, serverTraffic)])
    )
  }
}
