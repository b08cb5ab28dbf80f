import Testing

@testable import Capture

@Suite struct LinkHeaderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var type: LinkType
    var bytes: [UInt8]
    var interface: UInt32? = nil
  }

  static let macs = [UInt8](repeating: 0xee, count: 12)
  static let cooked = [UInt8](repeating: 0, count: 14)

  static let rows = [
    Row(testDescription: "Ethernet, IPv4", type: .ethernet, bytes: macs + [0x08, 0x00]),
    Row(testDescription: "Ethernet, IPv6", type: .ethernet, bytes: macs + [0x86, 0xdd]),
    Row(testDescription: "802.1Q", type: .ethernet, bytes: macs + [0x81, 0, 0xe0, 1, 0x08, 0x00]),
    Row(testDescription: "802.1ad", type: .ethernet, bytes: macs + [0x88, 0xa8, 0, 1, 0x86, 0xdd]),
    Row(
      testDescription: "802.1Q in 802.1ad", type: .ethernet,
      bytes: macs + [0x88, 0xa8, 0, 2, 0x81, 0, 0, 1, 0x08, 0x00]),
    Row(
      testDescription: "802.1Q in 0x9100", type: .ethernet,
      bytes: macs + [0x91, 0, 0, 2, 0x81, 0, 0, 1, 0x08, 0x00]),
    Row(testDescription: "SLL, IPv4", type: .linuxSLL, bytes: cooked + [0x08, 0x00]),
    Row(testDescription: "SLL, IPv6", type: .linuxSLL, bytes: cooked + [0x86, 0xdd]),
    Row(testDescription: "SLL, 802.1Q", type: .linuxSLL, bytes: cooked + [0x81, 0, 0, 1, 0x08, 0x00]),
    Row(
      testDescription: "SLL2, IPv4, interface 3", type: .linuxSLL2,
      bytes: [0x08, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6] + [2, 0, 0, 0, 0, 1, 0, 0], interface: 3),
    Row(
      testDescription: "SLL2, IPv6, a large interface index", type: .linuxSLL2,
      bytes: [0x86, 0xdd, 0, 0, 0x01, 0x02, 0x03, 0x04, 0, 1, 4, 6] + [2, 0, 0, 0, 0, 1, 0, 0],
      interface: 0x0102_0304),
    Row(
      testDescription: "SLL2, 802.1Q", type: .linuxSLL2,
      bytes: [0x81, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6] + [2, 0, 0, 0, 0, 1, 0, 0] + [0, 1, 0x08, 0x00],
      interface: 9),
    Row(testDescription: "raw", type: .raw, bytes: []),
    Row(testDescription: "NULL, IPv4, little-endian", type: .null, bytes: [2, 0, 0, 0]),
    Row(testDescription: "NULL, IPv4, big-endian", type: .null, bytes: [0, 0, 0, 2]),
    Row(testDescription: "NULL, IPv6 of macOS, little-endian", type: .null, bytes: [30, 0, 0, 0]),
    Row(testDescription: "NULL, IPv6 of FreeBSD, big-endian", type: .null, bytes: [0, 0, 0, 28]),
    Row(testDescription: "NULL, IPv6 of OpenBSD, little-endian", type: .null, bytes: [24, 0, 0, 0]),
    Row(testDescription: "NULL, IPv6 of Linux, little-endian", type: .null, bytes: [10, 0, 0, 0]),
    Row(testDescription: "LOOP, IPv4", type: .loop, bytes: [0, 0, 0, 2]),
    Row(testDescription: "LOOP, IPv6", type: .loop, bytes: [0, 0, 0, 24]),
  ]

  @Test(arguments: rows)
  func `the IP packet begins where the link header ends`(_ row: Row) throws {
    for rest in [[], Frames.ipv4(Frames.tcp)] {
      let frame = row.bytes + rest
      let header = try LinkHeader(parsing: frame.span, as: row.type)
      #expect(header.byteCount == row.bytes.count)
      #expect(header.interface == row.interface)
    }
  }

  @Test(arguments: rows)
  func `a link header that was cut anywhere is truncated`(_ row: Row) {
    for count in 0..<row.bytes.count {
      let part = Array(row.bytes.prefix(count))
      #expect(throws: SkipReason.truncatedHeader, "\(count) bytes") {
        _ = try LinkHeader(parsing: part.span, as: row.type)
      }
    }
  }

  static let others = [
    Row(testDescription: "ARP", type: .ethernet, bytes: macs + [0x08, 0x06]),
    Row(testDescription: "802.3 length and LLC", type: .ethernet, bytes: macs + [0x00, 0x26, 0x42, 0x42]),
    Row(testDescription: "PPPoE", type: .ethernet, bytes: macs + [0x88, 0x64]),
    Row(testDescription: "ARP in 802.1Q", type: .ethernet, bytes: macs + [0x81, 0, 0, 1, 0x08, 0x06]),
    Row(testDescription: "LLC in SLL", type: .linuxSLL, bytes: cooked + [0x00, 0x04]),
    Row(
      testDescription: "ARP in SLL2", type: .linuxSLL2,
      bytes: [0x08, 0x06] + [UInt8](repeating: 0, count: 18)),
    Row(testDescription: "ISO in NULL", type: .null, bytes: [7, 0, 0, 0]),
    Row(testDescription: "AF_UNSPEC in NULL", type: .null, bytes: [0, 0, 0, 0]),
    Row(testDescription: "two bytes set in NULL", type: .null, bytes: [2, 0, 0, 2]),
    Row(testDescription: "ISO in LOOP", type: .loop, bytes: [0, 0, 0, 7]),
  ]

  @Test(arguments: others)
  func `what is not IP is told apart by its type`(_ row: Row) {
    let frame = row.bytes + Frames.ipv4(Frames.tcp)
    #expect(throws: SkipReason.notIP) { _ = try LinkHeader(parsing: frame.span, as: row.type) }
  }

  static let datalinks: [(Int32, LinkType?)] = [
    (0, .null), (1, .ethernet), (12, .raw), (14, .raw), (101, .raw), (228, .raw), (229, .raw), (108, .loop),
    (113, .linuxSLL), (276, .linuxSLL2), (105, nil), (127, nil), (147, nil), (-1, nil),
  ]

  @Test(arguments: datalinks)
  func `libpcap's numbers name the link types`(datalink: Int32, expected: LinkType?) {
    #expect(LinkType(datalink: datalink) == expected)
  }
}
