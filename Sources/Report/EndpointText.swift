import Capture

/// `Endpoint.description` of an IPv4 address, put together without a string: every session tells some.
enum EndpointText {
  /// `255.255.255.255:65535` is the longest.
  static let length = 21

  static func put(v4 endpoint: Endpoint, in room: inout TextRoom) {
    put(v4: endpoint.address, in: &room)
    room.put(UInt8(ascii: ":"))
    room.put(decimal: UInt64(endpoint.port))
  }

  static func put(v4 address: IPAddress, in room: inout TextRoom) {
    let bits = address.low
    room.put(decimal: (bits >> 24) & 0xff)
    room.put(UInt8(ascii: "."))
    room.put(decimal: (bits >> 16) & 0xff)
    room.put(UInt8(ascii: "."))
    room.put(decimal: (bits >> 8) & 0xff)
    room.put(UInt8(ascii: "."))
    room.put(decimal: bits & 0xff)
  }
}

extension TextBuffer {
  mutating func append(_ endpoint: Endpoint) {
    guard endpoint.address.isIPv4 else { return append(endpoint.description) }
    write(atMost: EndpointText.length) { EndpointText.put(v4: endpoint, in: &$0) }
  }

  mutating func append(_ address: IPAddress) {
    guard address.isIPv4 else { return append(address.description) }
    write(atMost: EndpointText.length) { EndpointText.put(v4: address, in: &$0) }
  }
}
