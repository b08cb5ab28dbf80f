/// One end of a TCP connection.
@usableFromInline @frozen package struct Endpoint: Hashable, Comparable, Sendable {
  @usableFromInline package var address: IPAddress
  @usableFromInline package var port: UInt16

  package init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  @inlinable package static func == (a: Self, b: Self) -> Bool { a.address == b.address && a.port == b.port }

  @inlinable package static func < (a: Self, b: Self) -> Bool {
    a.address == b.address ? a.port < b.port : a.address < b.address
  }
}

extension Endpoint: CustomStringConvertible {
  @usableFromInline package var description: String {
    address.isIPv4 ? AddressText(v4: self).string : "[\(address)]:\(port)"
  }
}
