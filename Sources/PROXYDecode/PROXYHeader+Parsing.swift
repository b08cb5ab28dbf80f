import Capture
import Streams

extension PROXYHeader {
  /// What the first bytes of a connection are.
  enum Beginning: Equatable {
    case header(PROXYHeader, byteCount: Int)
    /// Too few bytes to tell, or for the whole header.
    case incomplete
    case other
  }

  private static let line = Array("PROXY ".utf8)
  private static let signature: [UInt8] = [
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
  ]
  /// The longest line (§2.1), its end included.
  private static let maxLine = 107
  /// Bytes in front of the addresses (§2.2).
  private static let fixedBytes = 16
  /// The proxy's own fields may fill 65,535 bytes; no proxy writes so many, and what is waited for is held.
  private static let maxBytes = 4096

  /// - Parameter bytes: the client's first ones.
  static func beginning(of bytes: Span<UInt8>) -> Beginning {
    if begins(bytes, with: line) { return bytes.count < line.count ? .incomplete : text(bytes) }
    if begins(bytes, with: signature) { return bytes.count < fixedBytes ? .incomplete : binary(bytes) }
    return .other
  }

  /// Whether the bytes are those, as far as there are any.
  private static func begins(_ bytes: Span<UInt8>, with known: [UInt8]) -> Bool {
    for index in 0..<min(bytes.count, known.count) where bytes[index] != known[index] { return false }
    return true
  }

  // MARK: Version 1

  /// `PROXY TCP4 203.0.113.7 10.0.0.5 51234 443`
  private static func text(_ bytes: Span<UInt8>) -> Beginning {
    let limit = min(bytes.count, maxLine)
    guard let end = bytes.extracting(0..<limit).firstIndex(of: UInt8(ascii: "\n"), from: 0) else {
      return bytes.count < maxLine ? .incomplete : .other
    }
    guard bytes[end - 1] == UInt8(ascii: "\r") else { return .other }
    let words = String(decoding: [UInt8](bytes, line.count..<end - 1), as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
    let byteCount = end + 1
    switch words.first {
    case "UNKNOWN": return .header(PROXYHeader(version: 1), byteCount: byteCount)
    case "TCP4", "TCP6":
      guard words.count == 5, let source = endpoint(words[1], words[3]),
        let destination = endpoint(words[2], words[4])
      else { return .other }
      return .header(
        PROXYHeader(version: 1, source: source, destination: destination), byteCount: byteCount)
    default: return .other
    }
  }

  private static func endpoint(_ address: Substring, _ port: Substring) -> Endpoint? {
    guard let address = IPAddress(Array(address.utf8).span), let port = UInt16(port) else { return nil }
    return Endpoint(address: address, port: port)
  }

  // MARK: Version 2

  private static func binary(_ bytes: Span<UInt8>) -> Beginning {
    let (kind, family) = (bytes[12], bytes[13])
    guard kind >> 4 == 2, kind & 0xf <= 1 else { return .other }
    let byteCount = fixedBytes + Int(bytes.bigEndian16(at: 14))
    guard byteCount <= maxBytes else { return .other }
    guard bytes.count >= byteCount else { return .incomplete }
    let isLocal = kind & 0xf == 0
    var header = PROXYHeader(version: 2, isLocal: isLocal)
    // Behind the addresses stand the proxy's own fields (§2.2.7).
    let addresses = bytes.extracting(fixedBytes..<byteCount)
    switch family {
    // TCP over IPv4, and over IPv6.
    case 0x11 where addresses.count >= 12 && !isLocal:
      header.source = Endpoint(address: v4(addresses, at: 0), port: addresses.bigEndian16(at: 8))
      header.destination = Endpoint(address: v4(addresses, at: 4), port: addresses.bigEndian16(at: 10))
    case 0x21 where addresses.count >= 36 && !isLocal:
      header.source = Endpoint(address: v6(addresses, at: 0), port: addresses.bigEndian16(at: 32))
      header.destination = Endpoint(address: v6(addresses, at: 16), port: addresses.bigEndian16(at: 34))
    default: break
    }
    return .header(header, byteCount: byteCount)
  }

  private static func v4(_ bytes: Span<UInt8>, at offset: Int) -> IPAddress {
    IPAddress(v4: bytes.bigEndian32(at: offset))
  }

  private static func v6(_ bytes: Span<UInt8>, at offset: Int) -> IPAddress {
    IPAddress(high: bytes.bigEndian64(at: offset), low: bytes.bigEndian64(at: offset + 8))
  }
}
