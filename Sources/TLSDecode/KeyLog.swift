import Limits

/// The random of a ClientHello, by which a key log names a connection.
package struct ClientRandom: Hashable, Sendable {
  private let words: [UInt64]

  init(_ bytes: [UInt8]) {
    words = stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<min(start + 8, bytes.count)].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

/// The secrets of one connection.
struct TLSSecrets: Equatable {
  /// Of TLS 1.2 and before.
  var master: [UInt8]?
  var clientEarly: [UInt8]?
  var clientHandshake: [UInt8]?
  var serverHandshake: [UInt8]?
  var clientTraffic: [UInt8]?
  var serverTraffic: [UInt8]?
}

/// Secrets in the format of NSS key logs, as `SSLKEYLOGFILE` makes programs write them: a line is
/// `LABEL CLIENT_RANDOM SECRET`, both in hexadecimal digits. Complete lines are read as they come.
package struct KeyLog: Sendable {
  /// A line that is none of a key log.
  package struct Malformed: Equatable, Sendable {
    package var count: Int
    package var firstLine: Int
  }
  package private(set) var malformed: Malformed?
  /// How many connections there are secrets for.
  package var count: Int { secrets.count + earlier.count }

  private var secrets: [ClientRandom: TLSSecrets] = [:]
  /// Those that came first, once there are many; forgotten when there are as many again.
  private var earlier: [ClientRandom: TLSSecrets] = [:]
  private var line: [UInt8] = []
  private var lineNumber = 0
  private static let maxLineLength = 1024
  /// Secrets of more connections are not kept, but those that came last: a capture can bring its own, and a live one goes
  /// on for weeks.
  package var maxConnections = Limits.standard.maxKeyLogConnections

  package init() {}

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        endLine()
      } else if line.count <= Self.maxLineLength {
        line.append(byte)
      }
    }
  }

  /// The log ends, maybe without a line end.
  package mutating func finish() {
    if !line.isEmpty { endLine() }
  }

  /// Adds a whole key log; its lines are counted anew.
  ///
  /// - Returns: the lines of it that are none of a key log.
  package mutating func read(_ text: some Sequence<UInt8>) -> Malformed? {
    finish()
    lineNumber = 0
    malformed = nil
    append(text)
    finish()
    return malformed
  }

  func secrets(for random: [UInt8]) -> TLSSecrets? {
    let random = ClientRandom(random)
    return secrets[random] ?? earlier[random]
  }

  private mutating func endLine() {
    lineNumber += 1
    defer { line.removeAll(keepingCapacity: true) }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard let first = line.first, first != UInt8(ascii: "#") else { return }
    if !readLine() {
      malformed = Malformed(count: (malformed?.count ?? 0) + 1, firstLine: malformed?.firstLine ?? lineNumber)
    }
  }

  private mutating func readLine() -> Bool {
    let parts = line.split(separator: UInt8(ascii: " "))
    guard parts.count == 3, line.count <= Self.maxLineLength, parts[0].allSatisfy(Self.isLabelByte),
      let name = Self.hexadecimal(parts[1]), let secret = Self.hexadecimal(parts[2])
    else { return false }
    guard let place = Self.place(of: String(decoding: parts[0], as: UTF8.self)) else {
      // Another kind of secret, as of QUIC or of exporters.
      return true
    }
    guard name.count == 32, !secret.isEmpty else { return false }
    let random = ClientRandom(name)
    if secrets[random] == nil { makeRoom(for: random) }
    secrets[random, default: TLSSecrets()][keyPath: place] = secret
    return true
  }

  private mutating func makeRoom(for random: ClientRandom) {
    if secrets.count >= maxConnections / 2 {
      earlier = secrets
      secrets = [:]
    }
    secrets[random] = earlier.removeValue(forKey: random)
  }

  private static func place(of label: String) -> WritableKeyPath<TLSSecrets, [UInt8]?>? {
    switch label {
    case "CLIENT_RANDOM": \.master
    case "CLIENT_EARLY_TRAFFIC_SECRET": \.clientEarly
    case "CLIENT_HANDSHAKE_TRAFFIC_SECRET": \.clientHandshake
    case "SERVER_HANDSHAKE_TRAFFIC_SECRET": \.serverHandshake
    case "CLIENT_TRAFFIC_SECRET_0": \.clientTraffic
    case "SERVER_TRAFFIC_SECRET_0": \.serverTraffic
    default: nil
    }
  }

  private static func isLabelByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func hexadecimal(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    var high: UInt8?
    for character in text {
      guard let digit = Character(Unicode.Scalar(character)).hexDigitValue.map({ UInt8($0) }) else {
        return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes
  }
}
