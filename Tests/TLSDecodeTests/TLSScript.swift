import Capture
import Crypto
import Streams
import TestSupport

@testable import TLSDecode

/// A TLS connection as both sides write it, record by record, and what the decoder makes of it.
struct TLSScript {
  /// The bytes of a record, and who sent it.
  struct Record: Equatable {
    var side: Side
    var bytes: [UInt8]
  }

  enum Version: CaseIterable { case tls12, tls13 }

  static let clientRandom = [UInt8](repeating: 0xc1, count: 32)
  static let serverRandom = [UInt8](repeating: 0x5e, count: 32)
  static let master = [UInt8](repeating: 0x33, count: 48)

  let version: Version
  let suite: CipherSuite
  private(set) var records: [Record] = []
  private var sealers: [Side: Sealer] = [:]

  init(_ version: Version = .tls13, suite: UInt16? = nil) {
    self.version = version
    self.suite = CipherSuite(rawValue: suite ?? (version == .tls13 ? 0x1301 : 0xc02f))
  }

  /// Of one side; the byte tells secrets apart.
  static func secret(_ byte: UInt8, _ suite: CipherSuite) -> [UInt8] {
    [UInt8](repeating: byte, count: suite.hash.byteCount)
  }

  // MARK: What is sent

  /// Hello messages, and the change to the keys for application data.
  static func opened(_ version: Version = .tls13, suite: UInt16? = nil) -> TLSScript {
    var script = TLSScript(version, suite: suite)
    script.hello()
    if version == .tls12 { for side in [Side.client, .server] { script.plain(side, 20, [1]) } }
    script.useApplicationKeys()
    return script
  }

  mutating func hello(hasEarlyData: Bool = false) {
    var extensions = Self.serverName("chat.example") + Self.protocols("http/1.1")
    if hasEarlyData { extensions += [0, 42, 0, 0] }
    plain(.client, 22, Self.message(1, Self.clientHello(extensions)))
    let chosen: [UInt8] = version == .tls13 ? [0, 43, 0, 2, 3, 4] : []
    plain(.server, 22, Self.message(2, Self.serverHello(suite, chosen)))
  }

  mutating func useApplicationKeys() {
    switch version {
    case .tls13:
      use(.client, secret: 0xa1)
      use(.server, secret: 0xa2)
    case .tls12:
      guard let aead = suite.aead else { return }
      let keys = TrafficKeys.pair(
        master: Self.master, clientRandom: Self.clientRandom, serverRandom: Self.serverRandom, suite, aead)
      sealers[.client] = Sealer(keys.client, aead, isTLS13: false)
      sealers[.server] = Sealer(keys.server, aead, isTLS13: false)
    }
  }

  mutating func use(_ side: Side, secret: UInt8) {
    guard let aead = suite.aead else { return }
    sealers[side] = Sealer(
      TrafficKeys(secret: Self.secret(secret, suite), suite, aead), aead, isTLS13: true)
  }

  /// The keys behind a KeyUpdate of that secret.
  mutating func useUpdated(_ side: Side, secret: UInt8) {
    guard let aead = suite.aead else { return }
    let next = suite.hash.expandLabel(Self.secret(secret, suite), "traffic upd", suite.hash.byteCount)
    sealers[side] = Sealer(TrafficKeys(secret: next, suite, aead), aead, isTLS13: true)
  }

  mutating func plain(_ side: Side, _ type: UInt8, _ body: [UInt8]) {
    records.append(Record(side: side, bytes: [type, 3, 3] + Self.vector(2, body)))
  }

  mutating func send(_ side: Side, _ text: String, padding: Int = 0) {
    seal(side, 23, Array(text.utf8), padding: padding)
  }

  mutating func seal(_ side: Side, _ type: UInt8, _ content: [UInt8], padding: Int = 0) {
    guard let bytes = sealers[side]?.seal(type, content, padding: padding) else { return }
    records.append(Record(side: side, bytes: bytes))
  }

  // MARK: Messages

  static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type] + vector(3, body) }

  static func clientHello(_ extensions: [UInt8]) -> [UInt8] {
    [3, 3] + clientRandom + vector(1, []) + vector(2, [0x13, 1]) + vector(1, [0]) + vector(2, extensions)
  }

  static func serverHello(_ suite: CipherSuite, _ extensions: [UInt8]) -> [UInt8] {
    [3, 3] + serverRandom + vector(1, []) + [UInt8(suite.rawValue >> 8), UInt8(suite.rawValue & 0xff), 0]
      + vector(2, extensions)
  }

  static func serverName(_ name: String) -> [UInt8] {
    [0, 0] + vector(2, vector(2, [0] + vector(2, Array(name.utf8))))
  }

  static func protocols(_ name: String) -> [UInt8] {
    [0, 16] + vector(2, vector(2, vector(1, Array(name.utf8))))
  }

  static func vector(_ lengthByteCount: Int, _ body: [UInt8]) -> [UInt8] {
    (0..<lengthByteCount).reversed().map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
  }

  // MARK: Key logs

  func keyLog(without missing: Set<String> = []) -> KeyLog {
    var log = KeyLog()
    log.append(keyLogText(without: missing).utf8)
    return log
  }

  func keyLogText(without missing: Set<String> = []) -> String {
    func hex(_ bytes: [UInt8]) -> String {
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    let secrets: [(String, UInt8)] = [
      ("CLIENT_EARLY_TRAFFIC_SECRET", 0xe1), ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0x81),
      ("SERVER_HANDSHAKE_TRAFFIC_SECRET", 0x82), ("CLIENT_TRAFFIC_SECRET_0", 0xa1),
      ("SERVER_TRAFFIC_SECRET_0", 0xa2),
    ]
    var lines = secrets.map { ($0, Self.secret($1, suite)) }
    if version == .tls12 { lines = [("CLIENT_RANDOM", Self.master)] }
    return lines.filter { !missing.contains($0.0) }.map { label, secret in
      "\(label) \(hex(Self.clientRandom)) \(hex(secret))\n"
    }.joined()
  }
}

/// Protects records.
struct Sealer {
  private let keys: TrafficKeys
  private let aead: CipherSuite.AEAD
  private let isTLS13: Bool
  private var number: UInt64 = 0

  init(_ keys: TrafficKeys, _ aead: CipherSuite.AEAD, isTLS13: Bool) {
    self.keys = keys
    self.aead = aead
    self.isTLS13 = isTLS13
  }

  mutating func seal(_ type: UInt8, _ content: [UInt8], padding: Int) -> [UInt8]? {
    defer { number += 1 }
    let numberBytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    var nonce = keys.iv
    var explicit: [UInt8] = []
    if nonce.count == 4 {
      explicit = numberBytes.map { $0 ^ 0x77 }
      nonce += explicit
    } else {
      for index in 0..<8 { nonce[4 + index] ^= numberBytes[index] }
    }
    if isTLS13 {
      let inner = content + [type] + [UInt8](repeating: 0, count: padding)
      let header: [UInt8] = [23, 3, 3, UInt8((inner.count + 16) >> 8), UInt8((inner.count + 16) & 0xff)]
      return close(inner, nonce, header).map { header + $0 }
    }
    let header: [UInt8] = [type, 3, 3, UInt8(content.count >> 8), UInt8(content.count & 0xff)]
    return close(content, nonce, numberBytes + header).map {
      [type, 3, 3] + TLSScript.vector(2, explicit + $0)
    }
  }

  private func close(_ text: [UInt8], _ nonce: [UInt8], _ data: [UInt8]) -> [UInt8]? {
    if aead == .chaCha20Poly1305 {
      return (try? ChaChaPoly.seal(text, using: keys.key, nonce: .init(data: nonce), authenticating: data))
        .map { Array($0.ciphertext) + Array($0.tag) }
    }
    return (try? AES.GCM.seal(text, using: keys.key, nonce: .init(data: nonce), authenticating: data))
      .map { Array($0.ciphertext) + Array($0.tag) }
  }
}
