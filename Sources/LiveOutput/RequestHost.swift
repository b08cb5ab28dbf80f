import NIOCore

/// Whom a request is for, as its Host field says (RFC 9110 §7.2).
///
/// A name is what its owner has it resolve to just now. A web page can so have its visitors' browsers ask an endpoint on their
/// own machine, and read the answer as one of the page's own server (DNS rebinding). Nobody else owns an address.
enum RequestHost {
  /// Whether it is an address, or the name `localhost`, with or without a port.
  static func isAddress(_ fields: [String]) -> Bool {
    // No browser sends none or several.
    guard fields.count == 1, let (host, isBracketed) = host(of: fields[0]) else { return false }
    if !isBracketed, host.lowercased() == "localhost" { return true }
    guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
    return (address.protocol == .inet6) == isBracketed && !host.utf8.contains(0)
  }

  /// What stands in front of the port.
  private static func host(of field: String) -> (host: String, isBracketed: Bool)? {
    let isBracketed = field.hasPrefix("[")
    let parts = field.dropFirst(isBracketed ? 1 : 0).split(
      separator: isBracketed ? "]" : ":", maxSplits: 1, omittingEmptySubsequences: false)
    var port = parts.dropFirst().first ?? (isBracketed ? "?" : "")
    if isBracketed, port.hasPrefix(":") { port.removeFirst() }
    guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return (String(parts[0]), isBracketed)
  }
}
