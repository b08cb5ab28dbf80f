import TestSupport
import Testing

@testable import Capture

@Suite struct FragmentTests {
  static let text = (0..<2000).map { UInt8(truncatingIfNeeded: $0 * 7) }
  static let payload = Frames.tcp + text

  /// Fragments that begin at these offsets, the first one's 0 included.
  static func fragments(
    _ payload: [UInt8], at offsets: [Int], isIPv6: Bool = false, id: UInt8 = 1, protocol number: UInt8 = 6
  ) -> [[UInt8]] {
    zip(offsets, offsets.dropFirst() + [payload.count]).map { start, end in
      fragment(
        Array(payload[start..<end]), at: start, isLast: end == payload.count, isIPv6: isIPv6, id: id,
        protocol: number)
    }
  }

  static func fragment(
    _ bytes: [UInt8], at offset: Int, isLast: Bool, isIPv6: Bool = false, id: UInt8 = 1,
    protocol number: UInt8 = 6
  ) -> [UInt8] {
    if isIPv6 {
      let field = offset | (isLast ? 0 : 1)
      return Frames.ipv6(
        [number, 0, UInt8(field >> 8), UInt8(field & 0xff), 0, 0, 0, id] + bytes, next: 44)
    }
    let field = offset / 8 | (isLast ? 0 : 0x2000)
    var packet = Frames.ipv4(bytes, fragment: [UInt8(field >> 8), UInt8(field & 0xff)], protocol: number)
    packet[5] = id
    return packet
  }

  static let versions = [false, true]

  @Test(arguments: versions)
  func `fragments become the segment, with the place of the last one to come`(isIPv6: Bool) throws {
    let frames = Self.fragments(Self.payload, at: [0, 800, 1600], isIPv6: isIPv6)
    let decoding = Decoding.of(frames)
    let found = try #require(decoding.found.first)
    #expect(decoding.found.count == 1)
    #expect(found.payload == Self.text)
    #expect(found.segment.payloadLength == Self.text.count)
    #expect(found.segment.packet.number == 3)
    #expect(found.segment.source.port == 40000)
    #expect(found.segment.identification == (isIPv6 ? 0 : 0xab01))
    #expect(decoding.skipped.isEmpty)
    #expect(decoding.statistics.fragments.datagrams == 1)
  }

  @Test(arguments: versions, [UInt64(1), 2, 3])
  func `cut anywhere, in any order, some of them twice, they become the same segment`(
    isIPv6: Bool, seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let inner = (0..<Int.random(in: 0...9, using: &random)).map { _ in
        Int.random(in: 1..<Self.payload.count / 8, using: &random) * 8
      }
      var frames = Self.fragments(Self.payload, at: [0] + Set(inner).sorted() + [2016], isIPv6: isIPv6)
      frames += frames.filter { _ in Bool.random(using: &random) }
      frames.shuffle(using: &random)
      var decoding = Decoding()
      for (index, frame) in frames.enumerated() { decoding.decode(frame, at: Double(index) / 10_000) }
      decoding.finish()
      #expect(decoding.found.first?.payload == Self.text)
      #expect(decoding.found.count == 1)
      #expect(decoding.statistics.fragments.overlaps == 0)
      #expect(decoding.skipped.isEmpty)
    }
  }

  @Test(arguments: versions)
  func `fragments of packets that are mixed with each other are told apart`(isIPv6: Bool) {
    let packets = (0..<20).map { id in
      Self.fragments(Self.payload + [UInt8(id)], at: [0, 800, 1600], isIPv6: isIPv6, id: UInt8(id))
    }
    let decoding = Decoding.of((0..<3).flatMap { piece in packets.map { $0[piece] } })
    #expect(decoding.found.map(\.payload.last) == (0..<20).map { UInt8($0) })
    #expect(decoding.skipped.isEmpty)
  }

  @Test func `the TCP header may be in several fragments`() {
    let decoding = Decoding.of(Self.fragments(Self.payload, at: [0, 8, 16, 24]).reversed())
    #expect(decoding.found.first?.payload == Self.text)
  }

  @Test func `headers of IPv6 may stand before and behind that of the fragments`() {
    let options: [UInt8] = [6, 0, 1, 4, 0, 0, 0, 0]
    let frames = Self.fragments(options + Self.payload, at: [0, 800], isIPv6: true, protocol: 60).map {
      packet in
      Frames.ipv6([44, 0, 1, 4, 0, 0, 0, 0] + packet.dropFirst(40), next: 0)
    }
    #expect(Decoding.of(frames).found.first?.payload == Self.text)
  }

  // MARK: What never becomes whole

  @Test(arguments: versions)
  func `every packet is counted once`(isIPv6: Bool) {
    let whole = Self.fragments(Self.payload, at: [0, 800, 1600], isIPv6: isIPv6)
    #expect(Decoding.of(Array(whole.dropFirst())).skipped == [.fragment: 2])
    #expect(Decoding.of(Array(whole.dropLast())).skipped == [.fragment: 2])
    let datagram = Self.fragments(Self.payload, at: [0, 800, 1600], isIPv6: isIPv6, protocol: 17)
    #expect(Decoding.of(datagram).skipped == [.notTCP: 3])
    #expect(Decoding.of(whole + [whole[1]]).skipped == [:])
  }

  @Test func `fragments that come much later belong to another packet`() {
    let frames = Self.fragments(Self.payload, at: [0, 800])
    for (delay, isWhole) in [(0.05, true), (29.0, false), (31.0, false)] {
      var decoding = Decoding()
      decoding.decode(frames[0], at: 0)
      decoding.decode(frames[1], at: delay)
      decoding.finish()
      #expect(decoding.found.count == (isWhole ? 1 : 0))
      #expect(decoding.skipped == (isWhole ? [:] : [.fragment: 2]))
    }
  }

  /// An identification of IPv4 is used again soon: fragments of two packets may meet.
  @Test(arguments: versions)
  func `fragments far apart become a segment if its checksum is right`(isIPv6: Bool) {
    let packet = Frames.checked(isIPv6 ? Frames.ipv6(Self.payload) : Frames.ipv4(Self.payload))
    let right = Array(packet.dropFirst(isIPv6 ? 40 : 20))
    var wrong = right
    wrong[900] ^= 1
    for (payload, count) in [(right, 1), (wrong, 0)] {
      let frames = Self.fragments(payload, at: [0, 800], isIPv6: isIPv6)
      var decoding = Decoding()
      decoding.decode(frames[0], at: 0)
      decoding.decode(frames[1], at: 20)
      #expect(decoding.found.count == count)
    }
  }

  @Test(arguments: versions)
  func `what makes a packet too long or has two ends is given up`(isIPv6: Bool) {
    let first = Self.fragment(Array(Self.payload.prefix(800)), at: 0, isLast: false, isIPv6: isIPv6)
    let rows = [
      Self.fragment([UInt8](repeating: 1, count: 80), at: 65_528, isLast: true, isIPv6: isIPv6),
      Self.fragment([UInt8](repeating: 1, count: 80), at: 80, isLast: true, isIPv6: isIPv6),
    ]
    for row in rows { #expect(Decoding.of([first, row]).skipped == [.fragment: 2]) }
    let last = Self.fragment([1], at: 1600, isLast: true, isIPv6: isIPv6)
    let behind = Self.fragment([UInt8](repeating: 1, count: 8), at: 1600, isLast: false, isIPv6: isIPv6)
    #expect(Decoding.of([first, last, behind]).skipped == [.fragment: 3])
  }

  @Test(arguments: versions)
  func `only the last fragment may have any length`(isIPv6: Bool) {
    for count in [0, 1, 7, 9] {
      let bytes = [UInt8](repeating: 1, count: count)
      let odd = Self.fragment(bytes, at: 0, isLast: false, isIPv6: isIPv6)
      #expect(Decoding.of([odd]).skipped == [.fragment: 1])
    }
    #expect(Decoding.of([Self.fragment([], at: 800, isLast: true, isIPv6: isIPv6)]).skipped == [.fragment: 1])
  }

  // MARK: Overlaps

  @Test func `in IPv4 the first bytes hold`() {
    let other = [UInt8](repeating: 0xff, count: 1600)
    let pieces = [
      Self.fragment(Array(Self.payload[800..<1600]), at: 800, isLast: false),
      Self.fragment(other, at: 400, isLast: false),
      Self.fragment(Array(Self.payload[0..<800]), at: 0, isLast: false),
      Self.fragment(Array(Self.payload[1600...]), at: 1600, isLast: true),
    ]
    let decoding = Decoding.of(pieces)
    let expected =
      Self.payload[..<400] + other[..<400] + Self.payload[800..<1600] + other[..<400] + Self.payload[2000...]
    #expect(decoding.found.first?.payload == Array(expected.dropFirst(20)))
    #expect(decoding.statistics.fragments.overlaps == 3)
  }

  @Test func `in IPv6 an overlap ends the packet, and what follows of it is dropped`() {
    let frames = Self.fragments(Self.payload, at: [0, 800, 1600], isIPv6: true)
    let overlap = Self.fragment(Array(Self.payload[400..<1200]), at: 400, isLast: false, isIPv6: true)
    let decoding = Decoding.of([frames[0], overlap, frames[1], frames[2], frames[0]])
    #expect(decoding.found.isEmpty)
    #expect(decoding.skipped == [.fragment: 5])
    #expect(decoding.statistics.fragments.overlaps == 1)
  }

  @Test(arguments: versions)
  func `a copy with other bytes is an overlap`(isIPv6: Bool) {
    let frames = Self.fragments(Self.payload, at: [0, 800], isIPv6: isIPv6)
    var other = frames[0]
    other[200] ^= 1
    let decoding = Decoding.of([frames[0], other, frames[1]])
    #expect(decoding.found.first?.payload == (isIPv6 ? nil : Self.text))
    #expect(decoding.statistics.fragments.overlaps == 1)
  }

  // MARK: Captures

  @Test func `fragments that the capture has cut hold the beginning`() throws {
    let frames = Self.fragments(Self.payload, at: [0, 800, 1600])
    for (cut, expected) in [(0, 300 - 40), (1, 780 + 280), (2, 1580 + 280)] {
      var decoding = Decoding()
      for (index, frame) in frames.enumerated() {
        let captured = index == cut ? Array(frame.prefix(300)) : frame
        decoding.decode(captured, wireLength: frame.count, at: Double(index) / 1000)
      }
      let found = try #require(decoding.found.first)
      #expect(found.segment.payloadLength == 2000)
      #expect(found.payload == Array(Self.text.prefix(expected)))
    }
  }

  @Test func `fragments that were captured twice make one segment, and another soon after`() {
    let frames = Self.fragments(Self.payload, at: [0, 800])
    var decoding = Decoding()
    for frame in [frames[0], frames[0], frames[1], frames[1]] { decoding.decode(frame, at: 0) }
    #expect(decoding.found.count == 1)
    for frame in frames { decoding.decode(frame, at: 1) }
    decoding.finish()
    #expect(decoding.found.count == 2)
    #expect(decoding.skipped.isEmpty)
  }

  // MARK: Tunnels

  @Test(arguments: Wrapping.all, versions)
  func `fragments may be in a tunnel`(_ wrapping: Wrapping, isIPv6: Bool) {
    let frames = Self.fragments(Self.payload, at: [0, 800, 1600], isIPv6: isIPv6).map { wrapping.wrap($0) }
    let decoding = Decoding.of(frames)
    #expect(decoding.found.first?.payload == Self.text)
    #expect(decoding.found.first?.segment.encapsulation == wrapping.expected)
    #expect(decoding.skipped.isEmpty)
  }

  /// The header of a tunnel over IPv6 does not fit IPv4: there are no extension headers.
  @Test(arguments: Wrapping.tunnels, versions)
  func `a tunnel's packets may be fragments`(_ wrapping: Wrapping, isIPv6: Bool) {
    let packet = wrapping.wrap(Frames.ipv4(Self.payload))
    let frames = Self.fragments(
      Array(packet.dropFirst(20)), at: [0, 800, 1600], isIPv6: isIPv6, protocol: packet[9])
    let decoding = Decoding.of(frames)
    #expect(decoding.found.first?.payload == Self.text)
    #expect(decoding.found.first?.segment.encapsulation?.kind == wrapping.expected.kind)
    #expect(decoding.skipped.isEmpty)
  }

  @Test func `fragments in fragments are counted by their packets`() {
    let tunnel = Wrapping.tunnels[0]
    let inner = Self.fragments(Self.payload, at: [0, 1008]).map { tunnel.wrap($0) }
    let outer = inner.enumerated().flatMap { index, packet in
      Self.fragments(Array(packet.dropFirst(20)), at: [0, 400, 800], id: UInt8(index), protocol: 4)
    }
    let decoding = Decoding.of(outer)
    #expect(decoding.found.first?.payload == Self.text)
    #expect(decoding.skipped.isEmpty)
    // The second half never comes: three packets of the first, and two of the second.
    #expect(Decoding.of(Array(outer.dropLast())).skipped == [.fragment: 5])
    let datagram = Self.fragments(Self.payload, at: [0, 1008], protocol: 17).map { tunnel.wrap($0) }
      .enumerated().flatMap { index, packet in
        Self.fragments(Array(packet.dropFirst(20)), at: [0, 400, 800], id: UInt8(index), protocol: 4)
      }
    #expect(Decoding.of(datagram).skipped == [.notTCP: 6])
  }

  @Test func `fragments of different tunnels do not meet`() {
    let frames = Self.fragments(Self.payload, at: [0, 800])
    let others = [Wrapping.tunnels[0].wrap(frames[0]), frames[1]]
    #expect(Decoding.of(others).skipped == [.fragment: 2])
  }

  // MARK: Limits

  static func options(_ change: (inout DecodeOptions) -> Void) -> DecodeOptions {
    var options = DecodeOptions()
    change(&options)
    return options
  }

  @Test func `of too many packets the oldest is given up`() {
    let firsts = (0..<5).map { Self.fragments(Self.payload, at: [0, 800], id: UInt8($0)) }
    let options = Self.options { $0.limits.maxFragmentedDatagrams = 3 }
    let decoding = Decoding.of(firsts.map { $0[0] } + firsts.reversed().map { $0[1] }, options: options)
    #expect(decoding.found.map(\.segment.packet.number) == [6, 7, 8])
    #expect(decoding.statistics.fragments.limitHits == 2)
    #expect(decoding.skipped == [.fragment: 4])
  }

  @Test func `of too many bytes the oldest are given up`() {
    let options = Self.options { $0.limits.maxFragmentBytes = 10_000 }
    let firsts = (0..<200).map { Self.fragments(Self.payload, at: [0, 800], id: UInt8($0))[0] }
    let decoding = Decoding.of(firsts, options: options)
    #expect(decoding.skipped == [.fragment: 200])
    #expect(decoding.statistics.fragments.limitHits > 180)
    // What became whole takes no room.
    let whole = (0..<200).flatMap { Self.fragments(Self.payload, at: [0, 800], id: UInt8($0)) }
    let decoded = Decoding.of(whole, options: options)
    #expect(decoded.found.count == 200)
    #expect(decoded.statistics.fragments.limitHits == 0)
    let tight = Decoding.of(firsts, options: Self.options { $0.limits.maxFragmentBytes = 10 })
    #expect(tight.skipped == [.fragment: 200])
  }

  @Test(arguments: versions)
  func `a packet in too many pieces is given up`(isIPv6: Bool) {
    let offsets = stride(from: 0, to: 2016, by: 8).map { $0 }
    let frames = Self.fragments(Self.payload, at: offsets, isIPv6: isIPv6)
    #expect(Decoding.of(frames).found.count == 1)
    let decoding = Decoding.of(frames, options: Self.options { $0.limits.maxFragmentsPerDatagram = 100 })
    #expect(decoding.found.isEmpty)
    #expect(decoding.skipped == [.fragment: UInt64(frames.count)])
    #expect(decoding.statistics.fragments.limitHits >= 1)
  }

  @Test func `a flood of fragments keeps to its limits`() {
    var random = SeededGenerator(seed: 5)
    var decoding = Decoding(options: Self.options { $0.limits.maxFragmentedDatagrams = 50 })
    for index in 0..<20_000 {
      let length = Int.random(in: 1...4, using: &random) * 8
      let offset = Int.random(in: 0..<200, using: &random) * 8
      let bytes = [UInt8](repeating: UInt8.random(in: .min ... .max, using: &random), count: length)
      let isIPv6 = Bool.random(using: &random)
      decoding.decode(
        Self.fragment(
          bytes, at: offset, isLast: Int.random(in: 0..<20, using: &random) == 0, isIPv6: isIPv6,
          id: UInt8.random(in: .min ... .max, using: &random)), at: Double(index) / 1000)
    }
    decoding.finish()
    // Each packet is part of a segment or counted.
    #expect(decoding.statistics.packets == 20_000)
    #expect(decoding.skipped.values.reduce(0, +) <= 20_000)
    #expect(decoding.statistics.fragments.limitHits > 0)
  }
}
