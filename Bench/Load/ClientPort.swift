/// The ports of clients.
package enum ClientPort {
  /// Those that Linux gives out, nearly.
  package static let all = 32_768..<60_768

  /// The port of the client of a leg. The steps have no divisor in common with the count of ports: so many clones in a
  /// row have each port once.
  ///
  /// - Parameter clone: its number.
  package static func of(_ clone: Int, leg: Int) -> UInt16 {
    UInt16(all.lowerBound + clone * (leg == 0 ? 9_973 : 7_919) % all.count)
  }
}
