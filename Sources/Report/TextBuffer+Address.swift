import Capture

extension TextBuffer {
  mutating func append(_ endpoint: Endpoint) {
    guard endpoint.address.isIPv4 else { return append(endpoint.description) }
    append(AddressText(v4: endpoint))
  }

  mutating func append(_ address: IPAddress) {
    guard address.isIPv4 else { return append(address.description) }
    append(AddressText(v4: address))
  }

  private mutating func append(_ text: AddressText) { append(text.bytes.span.extracting(0..<text.count)) }
}
