/// Which part of a datagram a packet is (RFC 791 §3.2, RFC 8200 §4.5).
package struct IPFragment: Hashable, Sendable {
  /// The sender gives each datagram another.
  package var identification: UInt32
  /// Of its first byte within what the datagram carries.
  package var offset: Int
  package var isLast: Bool
  package var isIPv6: Bool
}
