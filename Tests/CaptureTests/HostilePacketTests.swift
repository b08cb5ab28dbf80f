import Capture
import TestSupport
import Testing

/// Nothing on the wire may trap, and what is read lies inside the packet.
@Suite struct HostilePacketTests {
  static let linkTypes: [LinkType] = [
    .null, .ethernet, .raw, .loop, .linuxSLL, .linuxSLL2, .ppp, .pppSerial, .pppEther, .ciscoHDLC, .nflog,
  ]

  static func check(_ frame: [UInt8], wireLength: Int, as linkType: LinkType) {
    var decoding = Decoding()
    decoding.decode(frame, wireLength: wireLength, as: linkType, at: 0)
    decoding.finish()
    #expect(decoding.found.count + Int(decoding.skipped.values.reduce(0, +)) == 1, "\(frame)")
    guard let segment = decoding.found.first?.segment else { return }
    #expect(segment.payload.lowerBound >= 0 && segment.payload.upperBound <= frame.count, "\(frame)")
    #expect(segment.payload.count <= segment.payloadLength, "\(frame)")
  }

  static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  @Test(arguments: linkTypes)
  func `random bytes are read or refused`(linkType: LinkType) {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      let frame = Self.bytes(Int.random(in: 0...120, using: &random), &random)
      Self.check(frame, wireLength: frame.count + Int.random(in: 0...100, using: &random), as: linkType)
    }
  }

  @Test(arguments: linkTypes)
  func `random bytes behind a version are read or refused`(linkType: LinkType) {
    let links: [LinkType: [UInt8]] = [
      .null: [2, 0, 0, 0], .loop: [0, 0, 0, 2], .raw: [],
      .ethernet: Frames.ethernet([0x08, 0x00], []),
      .linuxSLL: [UInt8](repeating: 0, count: 14) + [0x08, 0x00],
      .linuxSLL2: [0x08, 0x00] + [UInt8](repeating: 0, count: 18),
      .ppp: [0, 0x21], .pppSerial: [0xff, 3, 0, 0x57], .pppEther: [0x11, 0, 0, 1, 0, 60, 0, 0x21],
      .ciscoHDLC: [0x0f, 0, 0x08, 0x00], .nflog: [2, 0, 0, 1, 64, 0, 9, 0],
    ]
    var random = SeededGenerator(seed: 12)
    for round in 0..<2000 {
      let version: UInt8 = round % 2 == 0 ? 0x45 : 0x60
      let rest = Self.bytes(Int.random(in: 0...120, using: &random), &random)
      let frame = links[linkType, default: []] + [version] + rest
      Self.check(frame, wireLength: frame.count, as: linkType)
    }
  }

  @Test(arguments: [UInt64(13), 14, 15])
  func `a packet with a few bytes changed is read or refused`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let extensions: [UInt8] = [44, 0, 1, 4, 0, 0, 0, 0] + [6, 0, 0, 0, 1, 2, 3, 4]
    let originals =
      [
        Frames.ipv4(Frames.tcp + Frames.hello), Frames.ipv4(Frames.tcp, totalLength: 0),
        Frames.ipv6(extensions + Frames.tcp + Frames.hello, next: 0), Frames.ipv6(Frames.tcp, length: 0),
      ] + Wrapping.all.map { $0.wrap(Frames.ipv4(Frames.tcp + Frames.hello)) }
    for round in 0..<3000 {
      var frame = originals[round % originals.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<frame.count, using: &random)
        frame[place] = UInt8.random(in: .min ... .max, using: &random)
      }
      let wireLength = frame.count
      frame.removeLast(Int.random(in: 0...frame.count, using: &random) / 3)
      Self.check(frame, wireLength: wireLength, as: .raw)
    }
  }

  @Test func `a packet of nothing but VLAN tags ends`() {
    let frame = Frames.ethernet([0x81, 0x00], (0..<10_000).flatMap { _ in [0, 1, 0x81, 0x00] as [UInt8] })
    #expect(throws: SkipReason.truncatedHeader) { _ = try Frames.segment(in: frame, as: .ethernet) }
  }

  @Test func `a packet of nothing but extension headers ends`() {
    let frame = Frames.ipv6((0..<2000).flatMap { _ in [60, 0, 1, 4, 0, 0, 0, 0] as [UInt8] }, next: 60)
    #expect(throws: SkipReason.truncatedHeader) { _ = try Frames.segment(in: frame) }
  }
}
