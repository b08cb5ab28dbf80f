import Capture

/// `Endpoint.description` of an IPv4 address, put together without a string: every session tells some.
struct EndpointText {
  /// `255.255.255.255:65535` is the longest.
  private var text = InlineArray<21, UInt8>(repeating: 0)
  private(set) var length = 0

  /// - Returns: `nil` for an IPv6 address.
  init?(_ endpoint: Endpoint) {
    guard endpoint.address.isIPv4 else { return nil }
    let bits = endpoint.address.low
    put((bits >> 24) & 0xff, ".")
    put((bits >> 16) & 0xff, ".")
    put((bits >> 8) & 0xff, ".")
    put(bits & 0xff, ":")
    put(UInt64(endpoint.port), nil)
  }

  func put(in room: inout MutableSpan<UInt8>, at start: Int) {
    room.put(text.span.extracting(first: length), at: start)
  }

  private mutating func put(_ number: UInt64, _ mark: Unicode.Scalar?) {
    let digits = number.decimalDigits
    var room = text.mutableSpan
    room.put(decimal: number, digits: digits, at: length)
    length += digits
    guard let mark else { return }
    room[length] = UInt8(ascii: mark)
    length += 1
  }
}
