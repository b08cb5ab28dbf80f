import TestSupport
import Testing

@testable import Capture

@Suite struct EncapsulationTests {
  static let plain = Frames.ipv4(Frames.tcp + Frames.hello)

  /// What decoding one packet gives, without what it was carried in and where its payload lies.
  static func inner(_ frame: [UInt8], as linkType: LinkType = .raw) -> Decoding.Found? {
    var found = Decoding.of([frame], as: linkType).found.first
    found?.segment.encapsulation = nil
    found?.segment.payload = 0..<0
    return found
  }

  @Test(arguments: Wrapping.all)
  func `a segment in a tunnel is the same segment, and its tunnel is named`(_ wrapping: Wrapping) {
    for packet in [Self.plain, Frames.ipv6(Frames.tcp + Frames.hello)] {
      let decoding = Decoding.of([wrapping.wrap(packet)])
      #expect(decoding.found.first?.segment.encapsulation == wrapping.expected)
      #expect(decoding.found.first?.payload == Frames.hello)
      #expect(Self.inner(wrapping.wrap(packet)) == Self.inner(packet))
      #expect(decoding.skipped.isEmpty)
    }
    #expect(Decoding.of([Self.plain]).found.first?.segment.encapsulation == nil)
  }

  @Test(arguments: Wrapping.all)
  func `a tunnel's packet cut anywhere is not used or has the beginning of the payload`(_ wrapping: Wrapping)
  {
    let frame = wrapping.wrap(Self.plain)
    let headers = frame.count - Frames.hello.count
    for count in 0...frame.count {
      var decoding = Decoding()
      decoding.decode(Array(frame.prefix(count)), wireLength: frame.count, at: 0)
      decoding.finish()
      if count >= headers {
        #expect(decoding.found.first?.segment.payloadLength == 5)
        #expect(decoding.found.first?.payload == Array(Frames.hello.prefix(count - headers)))
      } else {
        #expect(decoding.found.isEmpty)
        let reason = decoding.skipped.keys.first
        #expect(
          reason == .truncatedHeader || reason == .notTCP && count < 28, "\(count) bytes: \(decoding.skipped)"
        )
      }
    }
  }

  @Test(arguments: Wrapping.all)
  func `a packet that is shorter than its tunnel says is read as far as it goes`(_ wrapping: Wrapping) {
    let frame = wrapping.wrap(Self.plain)
    for count in 0...frame.count { _ = Decoding.of([Array(frame.prefix(count))]) }
    let padded = Decoding.of([frame + [1, 2, 3, 4]])
    #expect(padded.found.first?.payload == Frames.hello)
  }

  @Test(arguments: Wrapping.all)
  func `what follows a tunnel's packet is none of its segment's payload`(_ wrapping: Wrapping) {
    // The inner packet claims four bytes more than it was carried in.
    let packet = Frames.ipv4(Frames.tcp + Frames.hello, totalLength: 49)
    let found = Decoding.of([wrapping.wrap(packet) + [1, 2, 3, 4]]).found.first
    #expect(found?.payload == Frames.hello)
    #expect(found?.segment.payloadLength == 9)
  }

  @Test(arguments: Wrapping.all)
  func `what carries something else than IP is not TCP`(_ wrapping: Wrapping) {
    let decoding = Decoding.of([wrapping.wrap(Frames.ipv4([1, 2, 3, 4], protocol: 1))])
    #expect(decoding.skipped == [.notTCP: 1])
  }

  struct Other: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var packet: [UInt8]
    var reason = SkipReason.notTCP
  }

  static let frame = Wrapping.frame(plain)
  static func geneve(_ header: [UInt8]) -> [UInt8] {
    Frames.ipv4(Frames.udp(to: 6081, header + [0, 0, 42, 0] + frame), protocol: 17)
  }
  static let others = [
    Other(
      testDescription: "GRE of PPTP",
      packet: Wrapping.gre([0x30, 0x01], [0x88, 0x0b], [0, 4, 0, 1] + plain)),
    Other(
      testDescription: "GRE with routes", packet: Wrapping.gre([0x40, 0], [8, 0], [0, 0, 0, 0] + plain)),
    Other(testDescription: "GRE, keepalive", packet: Wrapping.gre([0, 0], [0, 0], [])),
    Other(
      testDescription: "ERSPAN of an unknown version",
      packet: Wrapping.gre(
        [0x10, 0], [0x88, 0xbe], [0, 0, 0, 1] + [0x30, 1, 0, 30, 0, 0, 0, 0] + frame)),
    Other(testDescription: "VXLAN without an identifier", packet: Wrapping.vxlan(4789, [0, 0, 0, 0], frame)),
    Other(
      testDescription: "ARP in VXLAN",
      packet: Wrapping.vxlan(
        4789, [8, 0, 0, 0], Frames.ethernet([0x08, 0x06], [0, 1, 8, 0]))),
    Other(testDescription: "VXLAN-GPE, NSH", packet: Wrapping.vxlan(4790, [0x0c, 0, 0, 4], frame)),
    Other(testDescription: "VXLAN-GPE, OAM", packet: Wrapping.vxlan(4790, [0x0d, 0, 0, 3], frame)),
    Other(testDescription: "VXLAN-GPE, version 1", packet: Wrapping.vxlan(4790, [0x1c, 0, 0, 3], frame)),
    Other(testDescription: "Geneve, version 1", packet: geneve([0x40, 0, 0x65, 0x58])),
    Other(testDescription: "Geneve, control", packet: geneve([0, 0x80, 0x65, 0x58])),
    Other(testDescription: "Geneve, CLNS", packet: geneve([0, 0, 0, 0xfe])),
    Other(testDescription: "VXLAN on another port", packet: Wrapping.vxlan(4788, [8, 0, 0, 0], frame)),
    Other(
      testDescription: "UDP shorter than its header",
      packet: Frames.ipv4(
        Frames.udp(to: 4789, [8, 0, 0, 0, 0, 0, 42, 0] + frame, length: 7), protocol: 17)),
    Other(
      testDescription: "UDP longer than its packet",
      packet: Frames.ipv4(
        Frames.udp(to: 4789, [8, 0, 0, 0, 0, 0, 42, 0] + frame, length: 500), protocol: 17)),
    Other(
      testDescription: "an inner header that is bad",
      packet: Frames.ipv4(
        Frames.ipv4(Frames.tcp, totalLength: 10), protocol: 4), reason: .badHeader),
  ]

  @Test(arguments: others)
  func `what only looks like a tunnel is counted by its reason`(_ row: Other) {
    let decoding = Decoding.of([row.packet])
    #expect(decoding.found.isEmpty)
    #expect(decoding.skipped == [row.reason: 1])
  }

  struct Link: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var type = LinkType.ethernet
    var bytes: [UInt8]
    var kind = Encapsulation.Kind.mpls
    var id: UInt32 = 5
    var layers = 1
  }

  static let label = Wrapping.label(5, isLast: true)
  static let mac: [UInt8] = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x02, 0, 0, 0, 0, 1]
  static let mac4: [UInt8] = [0x44, 0x11, 0x22, 0x33, 0x44, 0x55, 0x02, 0, 0, 0, 0, 1]
  static let mac6: [UInt8] = [0x60, 0x11, 0x22, 0x33, 0xf4, 0x55, 0x02, 0, 0, 0, 0, 1]
  static let links = [
    Link(testDescription: "MPLS", bytes: Frames.ethernet([0x88, 0x47], label)),
    Link(testDescription: "MPLS, multicast", bytes: Frames.ethernet([0x88, 0x48], label)),
    Link(
      testDescription: "three labels",
      bytes: Frames.ethernet(
        [0x88, 0x47], Wrapping.label(7, isLast: false) + Wrapping.label(6, isLast: false) + label)),
    Link(testDescription: "MPLS in 802.1Q", bytes: Frames.ethernet([0x81, 0], [0, 1, 0x88, 0x47] + label)),
    Link(testDescription: "a pseudowire", bytes: Frames.ethernet([0x88, 0x47], label + mac + [8, 0])),
    Link(
      testDescription: "a pseudowire with a control word",
      bytes: Frames.ethernet([0x88, 0x47], label + [0, 0, 0, 9] + mac + [8, 0])),
    Link(
      testDescription: "a pseudowire whose address begins with 4",
      bytes: Frames.ethernet([0x88, 0x47], label + mac4 + [8, 0])),
    Link(
      testDescription: "a pseudowire whose address begins with 6",
      bytes: Frames.ethernet([0x88, 0x47], label + mac6 + [8, 0])),
    Link(
      testDescription: "a pseudowire with a control word and a VLAN tag",
      bytes: Frames.ethernet([0x88, 0x47], label + [0, 0, 0, 9] + mac + [0x81, 0, 0, 1, 8, 0])),
    Link(
      testDescription: "MPLS in SLL2", type: .linuxSLL2,
      bytes: [0x88, 0x47] + [UInt8](repeating: 0, count: 18) + label),
    Link(testDescription: "MPLS in PPP", type: .ppp, bytes: [0x02, 0x81] + label),
    Link(
      testDescription: "PPPoE", bytes: Frames.ethernet([0x88, 0x64], [0x11, 0, 0, 9, 0, 47, 0, 0x21]),
      kind: .pppoe, id: 9),
    Link(
      testDescription: "PPP_ETHER", type: .pppEther, bytes: [0x11, 0, 0, 9, 0, 47, 0, 0x21], kind: .pppoe,
      id: 9),
    Link(
      testDescription: "MPLS in PPPoE",
      bytes: Frames.ethernet(
        [0x88, 0x64], [0x11, 0, 0, 9, 0, 51, 2, 0x81] + label), layers: 2),
  ]

  @Test(arguments: links)
  func `labels and sessions of the link are named, and have no ends`(_ link: Link) {
    let frame = link.bytes + Self.plain
    let found = Decoding.of([frame], as: link.type).found.first
    #expect(found?.segment.encapsulation == Encapsulation(link.kind, id: link.id, layers: link.layers))
    #expect(found?.payload == Frames.hello)
    for count in 0..<frame.count - Frames.hello.count {
      var decoding = Decoding()
      decoding.decode(Array(frame.prefix(count)), wireLength: frame.count, as: link.type, at: 0)
      #expect(decoding.skipped == [.truncatedHeader: 1], "\(count) bytes")
    }
  }

  static let refusedLinks = [
    Link(
      testDescription: "PPPoE discovery code",
      bytes: Frames.ethernet([0x88, 0x64], [0x11, 9, 0, 0, 0, 47, 0, 0x21])),
    Link(
      testDescription: "PPPoE version 2",
      bytes: Frames.ethernet([0x88, 0x64], [0x21, 0, 0, 9, 0, 47, 0, 0x21])),
    Link(
      testDescription: "LCP in PPPoE",
      bytes: Frames.ethernet([0x88, 0x64], [0x11, 0, 0, 9, 0, 47, 0xc0, 0x21])),
    Link(
      testDescription: "a channel of MPLS", bytes: Frames.ethernet([0x88, 0x47], label + [0x10, 0, 0, 0x21])),
  ]

  @Test(arguments: refusedLinks)
  func `what labels and sessions carry besides is not IP`(_ link: Link) {
    #expect(Decoding.of([link.bytes + Self.plain], as: link.type).skipped == [.notIP: 1])
  }

  @Test func `padding behind a PPPoE session's packet is not payload`() {
    // A total length of 0 takes what the session has.
    let packet = Frames.ipv4(Frames.tcp + Frames.hello, totalLength: 0)
    let frame = Frames.ethernet([0x88, 0x64], Wrapping.pppoe(packet)) + [1, 2, 3, 4]
    let found = Decoding.of([frame], as: .ethernet).found.first
    #expect(found?.payload == Frames.hello)
    #expect(found?.segment.payloadLength == 5)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5])
  func `any tunnels around each other carry the same segment`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var packet = Self.plain
      var layers = 0
      var last: Encapsulation?
      while let wrapping = Wrapping.all.randomElement(using: &random),
        layers + wrapping.expected.layers <= 8, Int.random(in: 0..<8, using: &random) > 0
      {
        packet = wrapping.wrap(packet)
        layers += wrapping.expected.layers
        last = last ?? wrapping.expected
      }
      last?.layers = layers
      #expect(Self.inner(packet) == Self.inner(Self.plain))
      #expect(Decoding.of([packet]).found.first?.segment.encapsulation == last)
    }
  }

  @Test func `tunnels around each other are read up to a limit`() {
    for layers in 1...12 {
      let decoding = Decoding.of([Wrapping.nested(Self.plain, layers: layers)])
      #expect(decoding.found.count == (layers <= 8 ? 1 : 0))
      #expect(decoding.skipped == (layers <= 8 ? [:] : [.nestedTooDeep: 1]))
    }
    var options = DecodeOptions()
    options.limits.maxEncapsulations = 1
    #expect(
      Decoding.of([Wrapping.nested(Self.plain, layers: 2)], options: options).skipped == [.nestedTooDeep: 1])
  }

  @Test func `a label stack without an end ends`() {
    let stack = (0..<10_000).flatMap { _ in Wrapping.label(5, isLast: false) }
    #expect(
      Decoding.of([Frames.ethernet([0x88, 0x47], stack)], as: .ethernet).skipped == [.truncatedHeader: 1])
  }

  @Test(arguments: [UInt64(21), 22, 23])
  func `a tunnel's packet with a few bytes changed is read or refused`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<4000 {
      let outer = Wrapping.all[round % Wrapping.all.count]
      var frame = outer.wrap(Wrapping.all.randomElement(using: &random)?.wrap(Self.plain) ?? Self.plain)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        frame[Int.random(in: 0..<frame.count, using: &random)] = UInt8.random(
          in: .min ... .max, using: &random)
      }
      let wireLength = frame.count
      frame.removeLast(Int.random(in: 0...frame.count, using: &random) / 3)
      HostilePacketTests.check(frame, wireLength: wireLength, as: .raw)
    }
  }

  @Test func `an encapsulation is told in words`() {
    let wrapped = Encapsulation(.vxlan, id: 42, source: Wrapping.from, destination: Wrapping.to)
    #expect("\(wrapped)" == "VXLAN 42, 10.9.1.2 → 10.9.1.1")
    #expect("\(Encapsulation(.mpls, id: 5, layers: 2))" == "MPLS 5, the innermost of 2")
    #expect("\(Encapsulation(.ipInIP))" == "IP-in-IP")
  }
}
