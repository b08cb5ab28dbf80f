import Capture
import Streams
import TestSupport
import Testing

@testable import PROXYDecode

@Suite struct PROXYHeaderTests {
  static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

  static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
    signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xff)] + rest
  }

  static let v4: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1, 0xc8, 0x22, 0x01, 0xbb]
  static let v6: [UInt8] =
    [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [0x20, 0x01, 0x0d, 0xb8]
    + [UInt8](repeating: 0, count: 11) + [1] + [0xc8, 0x22, 0x01, 0xbb]

  static func named(_ version: Int, _ source: String, _ destination: String) -> PROXYHeader {
    PROXYHeader(version: version, source: endpoint(source, 51234), destination: endpoint(destination, 443))
  }

  static func endpoint(_ address: String, _ port: UInt16) -> Endpoint? {
    let bytes = Array(address.utf8)
    return IPAddress(bytes.span).map { Endpoint(address: $0, port: port) }
  }

  static let headers: [(bytes: [UInt8], header: PROXYHeader)] = [
    (
      Array("PROXY TCP4 203.0.113.7 192.0.2.1 51234 443\r\n".utf8),
      named(1, "203.0.113.7", "192.0.2.1")
    ),
    (
      Array("PROXY TCP6 2001:db8::7 2001:db8::1 51234 443\r\n".utf8),
      named(1, "2001:db8::7", "2001:db8::1")
    ),
    (Array("PROXY UNKNOWN\r\n".utf8), PROXYHeader(version: 1)),
    (Array("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".utf8), PROXYHeader(version: 1)),
    (binary(0x21, 0x11, v4), named(2, "203.0.113.7", "192.0.2.1")),
    (binary(0x21, 0x21, v6), named(2, "2001:db8::7", "2001:db8::1")),
    // With fields of the proxy's own behind the addresses.
    (binary(0x21, 0x11, v4 + [0xea, 0, 3, 1, 2, 3]), named(2, "203.0.113.7", "192.0.2.1")),
    // A health check, and ends that are no addresses of IP.
    (binary(0x20, 0, []), PROXYHeader(version: 2, isLocal: true)),
    (binary(0x20, 0x11, v4), PROXYHeader(version: 2, isLocal: true)),
    (binary(0x21, 0, []), PROXYHeader(version: 2)),
    (binary(0x21, 0x31, [UInt8](repeating: 65, count: 216)), PROXYHeader(version: 2)),
    // Fewer bytes than the addresses take.
    (binary(0x21, 0x11, [1, 2]), PROXYHeader(version: 2)),
  ]

  static func beginning(_ bytes: some Sequence<UInt8>) -> PROXYHeader.Beginning {
    let bytes = Array(bytes)
    return PROXYHeader.beginning(of: bytes.span)
  }

  @Test(arguments: headers.indices)
  func `a header is read to its end and no further`(index: Int) {
    let (bytes, header) = Self.headers[index]
    for rest in [[], Array("GET / HTTP/1.1\r\n".utf8)] {
      #expect(
        Self.beginning(bytes + rest) == .header(header, byteCount: bytes.count))
    }
    for count in 0..<bytes.count {
      #expect(Self.beginning(bytes[..<count]) == .incomplete, "\(count)")
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n", "PROXIMA\r\n", "\r\n\r\n\0\r\nQUIX\n",
    "PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n", "PROXY TCP4 203.0.113 192.0.2.1 51234 443\r\n",
    "PROXY TCP4 203.0.113.7 192.0.2.1 99999 443\r\n", "PROXY  TCP4 203.0.113.7 192.0.2.1 1 2\r\n",
    "PROXY UDP4 203.0.113.7 192.0.2.1 51234 443\r\n", "PROXY UNKNOWN\n",
    "PROXY " + String(repeating: "x", count: 120),
  ])
  func `other bytes are none`(text: String) {
    #expect(Self.beginning(text.utf8) == .other)
  }

  @Test func `fields longer than any proxy writes are not waited for`() {
    let head = Self.signature + [0x21, 0x11]
    #expect(Self.beginning(head + [0x0f, 0xf0]) == .incomplete)
    #expect(Self.beginning(head + [0x0f, 0xf1]) == .other)
  }

  @Test func `another version, or another command, is none`() {
    for command: UInt8 in [0x11, 0x31, 0x22, 0x2f] {
      #expect(Self.beginning(Self.binary(command, 0x11, Self.v4)) == .other)
    }
  }
}
