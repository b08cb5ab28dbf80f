/// The text of an IPv4 address or of an end that has one. Each session tells some, and so it is put together in place.
package struct AddressText {
  /// `255.255.255.255:65535` is the longest. What is behind `count` means nothing.
  package private(set) var bytes = InlineArray<21, UInt8>(repeating: 0)
  package private(set) var count = 0

  package init(v4 address: IPAddress) {
    append(decimal: (address.low >> 24) & 0xff)
    append(UInt8(ascii: "."))
    append(decimal: (address.low >> 16) & 0xff)
    append(UInt8(ascii: "."))
    append(decimal: (address.low >> 8) & 0xff)
    append(UInt8(ascii: "."))
    append(decimal: address.low & 0xff)
  }

  package init(v4 endpoint: Endpoint) {
    self.init(v4: endpoint.address)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(endpoint.port))
  }

  var string: String {
    // What is ASCII is UTF-8.
    do { return try String(copying: UTF8Span(validating: bytes.span.extracting(0..<count))) } catch {
      return ""
    }
  }

  private mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// - Parameter number: of five digits at most.
  private mutating func append(decimal number: UInt64) {
    if number >= 10_000 { append(digit: number / 10_000) }
    if number >= 1000 { append(digit: number / 1000) }
    if number >= 100 { append(digit: number / 100) }
    if number >= 10 { append(digit: number / 10) }
    append(digit: number)
  }

  /// The last digit of a number.
  private mutating func append(digit number: UInt64) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }
}
