import Capture
import Testing

@Suite struct AddressTextTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var text: String
    var high: UInt64
    var low: UInt64
    var testDescription: String { text }

    var address: IPAddress { IPAddress(high: high, low: low) }
  }

  static let rows = [
    // RFC 5952 §1, §4: lower case, no leading zeros, the longest run of zeros, the first of equal ones,
    // never a single group.
    Row(text: "2001:db8::1", high: 0x2001_0db8_0000_0000, low: 1),
    Row(text: "2001:db8:0:1:1:1:1:1", high: 0x2001_0db8_0000_0001, low: 0x0001_0001_0001_0001),
    Row(text: "2001:0:0:1::1", high: 0x2001_0000_0000_0001, low: 1),
    Row(text: "2001:db8::1:0:0:1", high: 0x2001_0db8_0000_0000, low: 0x0001_0000_0000_0001),
    Row(text: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", high: 0x2001_0db8_aaaa_bbbb, low: 0xcccc_dddd_eeee_0001),
    Row(text: "2001:db8::", high: 0x2001_0db8_0000_0000, low: 0),
    Row(text: "::", high: 0, low: 0),
    Row(text: "::1", high: 0, low: 1),
    Row(text: "1::", high: 0x0001_0000_0000_0000, low: 0),
    Row(text: "::1:0:0:0", high: 0, low: 0x0001_0000_0000_0000),
    Row(text: "0:1::", high: 0x0000_0001_0000_0000, low: 0),
    Row(text: "::2:3:4:5:6:7", high: 0x0000_0000_0002_0003, low: 0x0004_0005_0006_0007),
    Row(text: "0:1:2:3:4:5:6:0", high: 0x0000_0001_0002_0003, low: 0x0004_0005_0006_0000),
    Row(text: "fe80::1ff:fe23:4567:890a", high: 0xfe80_0000_0000_0000, low: 0x01ff_fe23_4567_890a),
    // RFC 4291 §2.5.5.2: what is kept in the mapped form is IPv4; its neighbours are not.
    Row(text: "10.9.1.2", high: 0, low: 0xffff_0a09_0102),
    Row(text: "0.0.0.0", high: 0, low: 0xffff_0000_0000),
    Row(text: "255.255.255.255", high: 0, low: 0xffff_ffff_ffff),
    Row(text: "::fffe:a09:102", high: 0, low: 0xfffe_0a09_0102),
    Row(text: "::1:ffff:a09:102", high: 0, low: 0x0001_ffff_0a09_0102),
    Row(text: "1::ffff:a09:102", high: 0x0001_0000_0000_0000, low: 0xffff_0a09_0102),
  ]

  @Test(arguments: rows)
  func `an address has one text`(_ row: Row) {
    #expect(row.address.description == row.text)
  }

  @Test(arguments: rows)
  func `an endpoint brackets IPv6`(_ row: Row) {
    let text = row.text.contains(":") ? "[\(row.text)]:9900" : "\(row.text):9900"
    #expect(Endpoint(address: row.address, port: 9900).description == text)
  }

  static let loopbacks: [(IPAddress, Bool)] = [
    (IPAddress(v4: 0x7f00_0001), true), (IPAddress(v4: 0x7f00_0006), true),
    (IPAddress(v4: 0x7fff_ffff), true),
    (IPAddress(v4: 0x8000_0001), false), (IPAddress(v4: 0x0a7f_0001), false),
    (IPAddress(high: 0, low: 1), true), (IPAddress(high: 0, low: 0), false),
    (IPAddress(high: 1, low: 1), false),
    (IPAddress(high: 0, low: 0x7f00_0001), false),
  ]

  @Test(arguments: loopbacks)
  func `loopback is 127.0.0.0/8 and ::1`(address: IPAddress, isLoopback: Bool) {
    #expect(address.isLoopback == isLoopback)
  }

  @Test func `endpoints are ordered by address and then by port`() {
    let ordered = [
      Endpoint(address: IPAddress(high: 0, low: 1), port: 9),
      Endpoint(address: IPAddress(v4: 1), port: 2),
      Endpoint(address: IPAddress(v4: 1), port: 3),
      Endpoint(address: IPAddress(v4: 2), port: 1),
      Endpoint(address: IPAddress(high: 1, low: 0), port: 0),
    ]
    #expect(ordered.reversed().sorted() == ordered)
  }
}
