import Capture

/// The addresses that `x-forwarded-for` names: each proxy adds behind the others the one that it was asked from.
enum ForwardedFor {
  /// What is behind so many proxies is looked at, and so many bytes: the field may be as long as a head.
  private static let maxCount = 16
  private static let maxBytes = 52 * maxCount

  /// - Returns: the last one first; what is no address is passed over.
  static func addresses(in field: String?) -> [IPAddress] {
    guard let field else { return [] }
    let bytes = field.utf8Span.span
    var addresses: [IPAddress] = []
    var end = bytes.count
    for _ in 0..<maxCount {
      guard let start = start(of: bytes, upTo: end) else { break }
      if let address = IPAddress(bytes.extracting(bytes.trimming(start..<end, isAround))) {
        addresses.append(address)
      }
      guard start > 0 else { break }
      end = start - 1
    }
    return addresses
  }

  /// Where the last entry begins; `nil` if that is too far from the end of the field.
  private static func start(of bytes: Span<UInt8>, upTo end: Int) -> Int? {
    let least = bytes.count - maxBytes
    var start = end
    while start > 0, bytes[start - 1] != UInt8(ascii: ",") {
      start -= 1
      if start < least { return nil }
    }
    return start
  }

  /// The brackets and quotes of an IPv6 address, and spaces.
  private static func isAround(_ byte: UInt8) -> Bool {
    byte.isSpace || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "\"")
  }
}
