import Capture
import Streams

/// An address by which a host is known. Every network namespace has a loopback of its own, so that such an address is another
/// host in each; any other is one host wherever its packets were captured.
struct HostAddress: Hashable, Comparable {
  let address: IPAddress
  /// 0 unless the address is another host elsewhere.
  private let realm: UInt16

  fileprivate init(_ address: IPAddress, realm: UInt16) {
    self.address = address
    self.realm = address.isOfOneHost ? realm : 0
  }

  static func < (a: Self, b: Self) -> Bool { (a.address, a.realm) < (b.address, b.realm) }
}

extension Connection {
  var clientHost: HostAddress { HostAddress(client.address, realm: realm) }
  var serverHost: HostAddress { HostAddress(server.address, realm: realm) }

  /// Whether one of the two never leaves its network namespace, and the other is in another one.
  func isOfAnotherHost(than other: Connection) -> Bool {
    realm != other.realm && (isOfOneHost || other.isOfOneHost)
  }

  private var isOfOneHost: Bool { client.address.isOfOneHost || server.address.isOfOneHost }
}

extension IPAddress {
  /// Whether it means the host itself: a loopback address, or ::6, from which Istio's sidecar calls its application as it
  /// does from 127.0.0.6.
  var isOfOneHost: Bool { isLoopback || self == IPAddress(high: 0, low: 6) }
}
