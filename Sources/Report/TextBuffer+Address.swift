import Capture

extension TextBuffer {
  mutating func append(_ endpoint: Endpoint) {
    guard endpoint.address.isIPv4 else { return append(endpoint.description) }
    write(atMost: TextRoom.longestV4) { $0.put(v4: endpoint) }
  }

  mutating func append(_ address: IPAddress) {
    guard address.isIPv4 else { return append(address.description) }
    write(atMost: TextRoom.longestV4) { $0.put(v4: address) }
  }
}

extension TextRoom {
  /// Of `255.255.255.255:65535`.
  static let longestV4 = 21

  mutating func put(v4 endpoint: Endpoint) {
    put(v4: endpoint.address)
    put(UInt8(ascii: ":"))
    put(decimal: UInt64(endpoint.port))
  }

  @inline(__always)
  mutating func put(v4 address: IPAddress) {
    let bytes = address.low
    put(decimal: bytes >> 24 & 0xff)
    put(UInt8(ascii: "."))
    put(decimal: bytes >> 16 & 0xff)
    put(UInt8(ascii: "."))
    put(decimal: bytes >> 8 & 0xff)
    put(UInt8(ascii: "."))
    put(decimal: bytes & 0xff)
  }
}
