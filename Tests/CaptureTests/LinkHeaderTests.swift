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
  static let snap: [UInt8] = [0xaa, 0xaa, 3, 0, 0, 0]
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
    Row(testDescription: "SNAP", type: .ethernet, bytes: macs + [0, 0x30] + snap + [0x08, 0x00]),
    Row(
      testDescription: "SNAP of 802.1H", type: .ethernet,
      bytes: macs + [5, 0xdc, 0xaa, 0xaa, 3, 0, 0, 0xf8, 0x86, 0xdd]),
    Row(
      testDescription: "SNAP in 802.1Q", type: .ethernet,
      bytes: macs + [0x81, 0, 0, 1, 0, 0x30] + snap + [0x08, 0x00]),
    Row(
      testDescription: "802.1Q in SNAP", type: .ethernet,
      bytes: macs + [0, 0x30] + snap + [0x81, 0, 0, 1, 0x08, 0x00]),
    Row(testDescription: "SLL, SNAP", type: .linuxSLL, bytes: cooked + [0, 4] + snap + [0x08, 0x00]),
    Row(
      testDescription: "SLL of a GRE interface", type: .linuxSLL,
      bytes: [0, 0, 0x03, 0x0a, 0, 4, 10, 7, 0, 1, 0, 0, 0, 0, 0x08, 0x00]),
    Row(
      testDescription: "SLL2 of an ip6tnl interface", type: .linuxSLL2,
      bytes: [0x86, 0xdd, 0, 0, 0, 0, 0, 4, 0x03, 0x01, 0, 16] + [UInt8](repeating: 1, count: 8), interface: 4
    ),
    Row(testDescription: "PPP, IPv4", type: .ppp, bytes: [0, 0x21]),
    Row(testDescription: "PPP, IPv6, in one byte", type: .ppp, bytes: [0x57]),
    Row(testDescription: "PPP, in frames as HDLC's", type: .ppp, bytes: [0xff, 3, 0, 0x57]),
    Row(testDescription: "PPP_SERIAL, PPP", type: .pppSerial, bytes: [0xff, 3, 0, 0x21]),
    Row(testDescription: "PPP_SERIAL, Cisco's HDLC", type: .pppSerial, bytes: [0x0f, 0, 0x08, 0x00]),
    Row(testDescription: "C_HDLC, broadcast", type: .ciscoHDLC, bytes: [0x8f, 0, 0x86, 0xdd]),
    Row(testDescription: "NFLOG, nothing but the packet", type: .nflog, bytes: [2, 0, 0, 5, 44, 0, 9, 0]),
    Row(
      testDescription: "NFLOG, interfaces in front of it", type: .nflog,
      bytes: [2, 0, 0, 5] + [8, 0, 5, 0, 0, 0, 0, 2] + [8, 0, 4, 0, 0, 0, 0, 3] + [5, 0, 10, 0, 65, 0, 0, 0]
        + [44, 0, 9, 0], interface: 3),
    Row(
      testDescription: "NFLOG, big-endian, on its way out", type: .nflog,
      bytes: [10, 0, 0, 5] + [0, 8, 0, 5, 0, 0, 0, 2] + [0, 44, 0, 9], interface: 2),
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
    Row(testDescription: "PPPoE discovery", type: .ethernet, bytes: macs + [0x88, 0x63]),
    Row(
      testDescription: "SNAP of Cisco", type: .ethernet,
      bytes: macs + [0, 9, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]),
    Row(testDescription: "LCP in PPP", type: .ppp, bytes: [0xff, 3, 0xc0, 0x21]),
    Row(testDescription: "compressed TCP in PPP", type: .ppp, bytes: [0, 0x2d]),
    Row(testDescription: "keepalive of Cisco's HDLC", type: .ciscoHDLC, bytes: [0x8f, 0, 0x80, 0x35]),
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
    (113, .linuxSLL), (276, .linuxSLL2), (9, .ppp), (50, .pppSerial), (51, .pppEther),
    (104, .ciscoHDLC), (239, .nflog), (105, nil), (127, nil), (147, nil), (-1, nil),
  ]

  @Test(arguments: datalinks)
  func `libpcap's numbers name the link types`(datalink: Int32, expected: LinkType?) {
    #expect(LinkType(datalink: datalink) == expected)
  }
}
