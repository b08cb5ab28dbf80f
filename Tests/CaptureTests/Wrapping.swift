import Testing

@testable import Capture

/// One way of carrying an IP packet in another, as bytes.
struct Wrapping: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// What is found, as the only encapsulation of a packet.
  var expected: Encapsulation
  /// Makes an IP packet of an IP packet.
  var wrap: @Sendable ([UInt8]) -> [UInt8]

  static let from = IPAddress(v4: 0x0a09_0102)
  static let to = IPAddress(v4: 0x0a09_0101)

  private static func row(
    _ name: String, _ kind: Encapsulation.Kind, _ id: UInt32? = nil, layers: Int = 1,
    _ wrap: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> Wrapping {
    let expected = Encapsulation(kind, id: id, source: from, destination: to, layers: layers)
    return Wrapping(testDescription: name, expected: expected, wrap: wrap)
  }

  /// The EtherType of an IP packet.
  static func type(_ packet: [UInt8]) -> [UInt8] { packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xdd] }
  static func frame(_ packet: [UInt8]) -> [UInt8] { Frames.ethernet(type(packet), packet) }
  static func gre(_ flags: [UInt8], _ type: [UInt8], _ rest: [UInt8]) -> [UInt8] {
    Frames.ipv4(flags + type + rest, protocol: 47)
  }
  static func vxlan(_ port: UInt16, _ flags: [UInt8], _ rest: [UInt8]) -> [UInt8] {
    Frames.ipv4(Frames.udp(to: port, flags + [0, 0, 42, 0] + rest), protocol: 17)
  }
  static func label(_ label: UInt8, isLast: Bool) -> [UInt8] {
    [0, label >> 4, label << 4 | (isLast ? 1 : 0), 64]
  }
  static func pppoe(_ packet: [UInt8]) -> [UInt8] {
    let length = packet.count + 2
    return [0x11, 0, 0, 9, UInt8(length >> 8), UInt8(length & 0xff), 0, packet[0] >> 4 == 4 ? 0x21 : 0x57]
      + packet
  }

  static let tunnels = [
    row("IP in IPv4", .ipInIP) { Frames.ipv4($0, protocol: $0[0] >> 4 == 4 ? 4 : 41) },
    row("GRE", .gre) { gre([0, 0], type($0), $0) },
    row("GRE with a checksum", .gre) { gre([0x80, 0], type($0), [1, 2, 0, 0] + $0) },
    row("GRE with a key", .gre, 77) { gre([0x20, 0], type($0), [0, 0, 0, 77] + $0) },
    row("GRE with a sequence number", .gre) { gre([0x10, 0], type($0), [0, 0, 0, 1] + $0) },
    row("GRE with all three", .gre, 77) {
      gre([0xb0, 0], type($0), [1, 2, 0, 0] + [0, 0, 0, 77] + [0, 0, 0, 1] + $0)
    },
    row("GRE, Ethernet", .gre, 0x0102_0304) { gre([0x20, 0], [0x65, 0x58], [1, 2, 3, 4] + frame($0)) },
    row("GRE, MPLS", .mpls, 5, layers: 2) { gre([0, 0], [0x88, 0x47], label(5, isLast: true) + $0) },
    row("ERSPAN I", .erspan) { gre([0, 0], [0x88, 0xbe], frame($0)) },
    row("ERSPAN II", .erspan, 30) {
      gre([0x10, 0], [0x88, 0xbe], [0, 0, 0, 1] + [0x10, 1, 0x18, 30, 0, 0, 0, 123] + frame($0))
    },
    row("ERSPAN III", .erspan, 30) {
      gre([0x10, 0], [0x22, 0xeb], [0, 0, 0, 1] + [0x20, 1, 0, 30, 1, 2, 3, 4, 0, 0, 0, 0] + frame($0))
    },
    row("ERSPAN III, IP, with a subheader", .erspan, 30) {
      gre(
        [0x10, 0], [0x22, 0xeb],
        [0, 0, 0, 1] + [0x20, 1, 0, 30, 1, 2, 3, 4, 0, 0, 0x08, 0x01] + [UInt8](repeating: 7, count: 8) + $0)
    },
    row("VXLAN", .vxlan, 42) { vxlan(4789, [8, 0, 0, 0], frame($0)) },
    row("VXLAN with a group", .vxlan, 42) { vxlan(4789, [0x88, 0, 0, 7], frame($0)) },
    row("VXLAN on Linux's port", .vxlan, 42) { vxlan(8472, [8, 0, 0, 0], frame($0)) },
    row("VXLAN with a VLAN tag", .vxlan, 42) {
      vxlan(4789, [8, 0, 0, 0], Frames.ethernet([0x81, 0x00], [0, 1] + type($0) + $0))
    },
    row("VXLAN-GPE, IP", .vxlanGPE, 42) { vxlan(4790, [0x0c, 0, 0, 1], $0) },
    row("VXLAN-GPE, Ethernet", .vxlanGPE, 42) { vxlan(4790, [0x0c, 0, 0, 3], frame($0)) },
    row("VXLAN-GPE, MPLS", .mpls, 5, layers: 2) {
      vxlan(4790, [0x0c, 0, 0, 5], label(5, isLast: true) + $0)
    },
    row("VXLAN-GPE without a next protocol", .vxlanGPE, 42) { vxlan(4790, [8, 0, 0, 0], frame($0)) },
    row("Geneve, Ethernet", .geneve, 42) {
      Frames.ipv4(Frames.udp(to: 6081, [0, 0, 0x65, 0x58, 0, 0, 42, 0] + frame($0)), protocol: 17)
    },
    row("Geneve, IP, with options", .geneve, 42) {
      let options: [UInt8] = [1, 2, 3, 1, 9, 9, 9, 9]
      return Frames.ipv4(
        Frames.udp(to: 6081, [2, 0x40] + type($0) + [0, 0, 42, 0] + options + $0), protocol: 17)
    },
    row("PPPoE in VXLAN", .pppoe, 9, layers: 2) {
      vxlan(4789, [8, 0, 0, 0], Frames.ethernet([0x88, 0x64], pppoe($0)))
    },
  ]

  static let overIPv6 = Wrapping(
    testDescription: "IP in IPv6",
    expected: Encapsulation(
      .ipInIP, source: IPAddress(high: 0x2001_0db8_0000_0000, low: 2),
      destination: IPAddress(high: 0x2001_0db8_0000_0000, low: 1))
  ) { Frames.ipv6([$0[0] >> 4 == 4 ? 4 : 41, 0, 4, 1, 1, 1, 1, 1] + $0, next: 60) }

  static let all = tunnels + [overIPv6]

  /// IP in IP in IP ...
  static func nested(_ packet: [UInt8], layers: Int) -> [UInt8] {
    (0..<layers).reduce(packet) { packet, _ in Frames.checked(tunnels[0].wrap(packet)) }
  }
}
