/// One end of a TCP connection.
package struct Endpoint: Hashable, Comparable, Sendable {
  package var address: IPAddress
  package var port: UInt16

  package init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  package static func < (a: Self, b: Self) -> Bool {
    (a.address, a.port) < (b.address, b.port)
  }
}

extension Endpoint: CustomStringConvertible {
  package var description: String {
    address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
