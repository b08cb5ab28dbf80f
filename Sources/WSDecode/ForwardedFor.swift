import Capture

/// The addresses that `x-forwarded-for` names: each proxy adds behind the others the one that it was asked from.
enum ForwardedFor {
  /// What is behind so many proxies is looked at; the field may be as long as a head.
  private static let maxCount = 16
  /// An address as long as can be (INET6_ADDRSTRLEN), with what stands around it.
  private static let maxLength = 52

  /// - Returns: the last ones, in their order, but those that are no addresses.
  static func addresses(in field: String?) -> [IPAddress] {
    guard let field else { return [] }
    let end = field.utf8.suffix(maxCount * maxLength)
    let entries = end.split(separator: UInt8(ascii: ","))
    // The first may have been cut.
    return entries.dropFirst(end.startIndex > field.startIndex ? 1 : 0).suffix(maxCount).compactMap { entry in
      IPAddress(String(decoding: entry.filter { !isAround($0) }, as: UTF8.self))
    }
  }

  private static func isAround(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""): true
    default: false
    }
  }
}
