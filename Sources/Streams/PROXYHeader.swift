import Capture

/// What a load balancer says in front of a connection's first byte of whom it speaks for: a header of the PROXY protocol
/// (HAProxy's proxy-protocol.txt).
package struct PROXYHeader: Hashable, Sendable {
  /// 1, a line of text, or 2, in binary.
  package var version: Int
  /// The proxy speaks for itself, as in a health check (LOCAL, version 2).
  package var isLocal: Bool
  /// The ends of the connection that the proxy took; `nil` where it does not tell, or where they are no addresses of IP.
  package var source: Endpoint?
  package var destination: Endpoint?

  package init(version: Int, isLocal: Bool = false, source: Endpoint? = nil, destination: Endpoint? = nil) {
    self.version = version
    self.isLocal = isLocal
    self.source = source
    self.destination = destination
  }
}
