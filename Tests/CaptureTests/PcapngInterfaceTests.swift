import Capture
import TestSupport
import Testing

/// pcapng captures of several interfaces and sections: libpcap refuses those that differ.
@Suite struct PcapngInterfaceTests {
  static let ip = Frames.ipv4(Frames.tcp + Frames.hello)

  @Test(arguments: FieldOrder.allCases)
  func `interfaces of different link types and snapshot lengths are read`(order: FieldOrder) throws {
    let file =
      PcapngBytes.section(order) + PcapngBytes.interface(order)
      + PcapngBytes.interface(order, linkType: 113, snapLength: 65_535)
      + PcapngBytes.interface(order, linkType: 101, snapLength: 0)
      + PcapngBytes.enhancedPacket(Frames.ethernet([0x08, 0x00], Self.ip), order: order)
      + PcapngBytes.enhancedPacket(
        [UInt8](repeating: 0, count: 14) + [0x08, 0x00] + Self.ip, interface: 1, order: order)
      + PcapngBytes.enhancedPacket(Self.ip, interface: 2, order: order)
    let reading = try Reading(of: file)
    #expect(reading.damage == nil)
    #expect(reading.payloads == [Frames.hello, Frames.hello, Frames.hello])
    #expect(reading.linkTypes == [.ethernet, .linuxSLL, .raw])
    #expect(Set(reading.segments.map(\.interface)).count == 3)
  }

  @Test func `packets of a link type that cannot be read are counted, the others are read`() throws {
    let file =
      PcapngBytes.file(Reading.packets) + PcapngBytes.interface(.little, linkType: 105)
      + PcapngBytes.enhancedPacket([1, 2, 3], interface: 1, order: .little)
    let reading = try Reading(of: file)
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
    #expect(reading.damage == nil)
    #expect(reading.statistics.skipped.map(\.reason) == [.linkType])
  }

  @Test func `an interface whose packets cannot be read may be the first`() throws {
    let file =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little, linkType: 220)
      + PcapngBytes.interface(.little) + PcapngBytes.enhancedPacket([1, 2, 3], order: .little)
      + PcapngBytes.enhancedPacket(
        Frames.ethernet([0x08, 0x00], Self.ip), interface: 1, order: .little)
    for filter in [nil, "tcp"] {
      let reading = try Reading(of: file, filter: filter)
      #expect(reading.numbers == [2])
      #expect(reading.damage == nil)
      #expect(reading.linkTypes == [.ethernet])
      #expect(reading.statistics.skipped.map(\.reason) == [.linkType])
    }
  }

  /// Also where an interface that nobody used could have been.
  @Test(arguments: [0, 1, 2])
  func `where no packet can be read, the first interface's link type is named`(packets: Int) throws {
    let packets = (0..<packets).flatMap { _ in PcapngBytes.enhancedPacket([1, 2, 3], order: .little) }
    let file = PcapngBytes.section(.little) + PcapngBytes.interface(.little, linkType: 105) + packets
    for bytes in [file, file + PcapngBytes.section(.little) + PcapngBytes.interface(.little)] {
      let damage = try #require(try Reading(of: bytes).damage)
      #expect(damage.problem == "link type 105 (IEEE802_11) is not supported")
      #expect(damage.packet == nil)
    }
  }

  @Test func `a filter is compiled for each link type`() throws {
    let file =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little)
      + PcapngBytes.interface(.little, linkType: 101)
      + PcapngBytes.enhancedPacket(Frames.ethernet([0x08, 0x00], Self.ip), order: .little)
      + PcapngBytes.enhancedPacket(Self.ip, interface: 1, order: .little)
    #expect(try Reading(of: file, filter: "tcp").numbers == [1, 2])
    #expect(try Reading(of: file, filter: "udp").numbers == [])
    #expect(try Reading(of: file, filter: "ip host 10.9.1.2 or ip").numbers == [1, 2])
    // There is no Ethernet address in a raw packet: what comes before it is read.
    let reading = try Reading(of: file, filter: "ether host ee:ee:ee:ee:ee:ee")
    #expect(reading.numbers == [1])
    #expect(reading.damage?.problem.contains("does not compile") == true)
  }

  static let resolutions: [(option: UInt8, ticks: UInt64, nanoseconds: Int64)] = [
    (0, 7, 7_000_000_000), (3, 1500, 1_500_000_000), (6, 1_500_000, 1_500_000_000), (9, 12_345, 12_345),
    (12, 12_345, 12), (19, 12_345, 0), (127, .max, 1), (0x80, 3, 3_000_000_000), (0x81, 3, 1_500_000_000),
    (0x8a, 1536, 1_500_000_000), (0xbf, 1 << 62, 500_000_000), (0xc0, 5, 0), (0xff, .max, 0),
  ]

  @Test(arguments: resolutions, FieldOrder.allCases)
  func `the time stamp resolution is the interface's`(
    _ row: (option: UInt8, ticks: UInt64, nanoseconds: Int64), order: FieldOrder
  ) throws {
    let option = order.two(9) + order.two(1) + [row.option, 0, 0, 0] + order.four(0)
    let file =
      PcapngBytes.section(order) + PcapngBytes.interface(order, options: option)
      + PcapngBytes.enhancedPacket(Frames.ethernet([0x08, 0x00], Self.ip), ticks: row.ticks, order: order)
    #expect(try Reading(of: file).times == [row.nanoseconds])
  }

  @Test(arguments: FieldOrder.allCases)
  func `a time stamp offset is added, whatever it is`(order: FieldOrder) throws {
    for (seconds, expected) in [
      (Int64(5), Int64(6_000_000_000)), (-1, 0), (.max, .max), (.min, .min),
    ] {
      let bits = UInt64(bitPattern: seconds)
      let (high, low) = (order.four(UInt32(bits >> 32)), order.four(UInt32(truncatingIfNeeded: bits)))
      let option = order.two(14) + order.two(8) + (order == .big ? high + low : low + high)
      let file =
        PcapngBytes.section(order) + PcapngBytes.interface(order, options: option)
        + PcapngBytes.enhancedPacket(
          Frames.ethernet([0x08, 0x00], Self.ip), ticks: 1_000_000, order: order)
      #expect(try Reading(of: file).times == [expected])
    }
  }

  @Test(arguments: FieldOrder.allCases)
  func `interfaces are called by the names in the file`(order: FieldOrder) throws {
    let name = order.two(2) + order.two(4) + Array("eth0".utf8) + order.four(0)
    let frame = Frames.ethernet([0x08, 0x00], Self.ip)
    let file =
      PcapngBytes.section(order) + PcapngBytes.interface(order, options: name)
      + PcapngBytes.enhancedPacket(frame, order: order)
      + PcapngBytes.section(order) + PcapngBytes.interface(order)
      + PcapngBytes.enhancedPacket(frame, order: order)
    let reading = try Reading(of: file)
    let numbers = reading.segments.compactMap(\.interface)
    #expect(numbers.map { reading.statistics.interfaceNames[$0] } == ["eth0", nil])
    #expect(numbers.map { reading.statistics.interfaceIndex($0) } == [0, 1])
  }

  /// Takes what is told of names, and how many segments came before.
  private struct NameCollector: SegmentSink {
    var told: [(names: [UInt32: String], segments: Int)] = []
    var segments = 0

    mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) { segments += 1 }
    mutating func receive(interfaceNames: [UInt32: String]) { told.append((interfaceNames, segments)) }
  }

  @Test func `a name is told once, in front of its interface's packets`() throws {
    let frame = Frames.ethernet([0x08, 0x00], Self.ip)
    func interface(_ name: String) -> [UInt8] {
      let option = FieldOrder.little.two(2) + FieldOrder.little.two(4) + Array(name.utf8)
      return PcapngBytes.interface(.little, options: option + [0, 0, 0, 0])
    }
    let file =
      PcapngBytes.section(.little) + interface("eth0") + interface("eth1")
      + PcapngBytes.enhancedPacket(frame, order: .little) + interface("eth2")
      + PcapngBytes.enhancedPacket(frame, interface: 2, order: .little)
      + PcapngBytes.section(.little) + interface("eth3") + PcapngBytes.enhancedPacket(frame, order: .little)
    var reader = try CaptureReader(CaptureSource(bytes: file))
    var collector = NameCollector()
    reader.read(into: &collector)
    #expect(collector.told.map { $0.names.values.sorted() } == [["eth0", "eth1"], ["eth2"], ["eth3"]])
    #expect(collector.told.map(\.segments) == [0, 1, 2])
    #expect(reader.statistics.interfaceNames.values.sorted() == ["eth0", "eth1", "eth2", "eth3"])
  }

  @Test(arguments: FieldOrder.allCases)
  func `name blocks, comments and blocks of unknown kinds are passed over`(order: FieldOrder) throws {
    let noise = [UInt32(4), 0xbad, 0x4000_0bad, 7].flatMap {
      PcapngBytes.block($0, [UInt8](repeating: 0xee, count: 40), order)
    }
    let comment = order.two(1) + order.two(5) + Array("hello".utf8) + [0, 0, 0]
    let file =
      PcapngBytes.section(order) + noise + PcapngBytes.interface(order, options: comment) + noise
      + PcapngBytes.enhancedPacket(
        Frames.ethernet([0x08, 0x00], Self.ip), options: comment, order: order) + noise
    let reading = try Reading(of: file)
    #expect(reading.damage == nil)
    #expect(reading.payloads == [Frames.hello])
  }

  @Test(arguments: FieldOrder.allCases)
  func `simple and obsolete packet blocks are read`(order: FieldOrder) throws {
    let frame = Frames.ethernet([0x08, 0x00], Self.ip)
    let padding = [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4)
    let simple = PcapngBytes.block(3, order.four(UInt32(frame.count)) + frame + padding, order)
    let lengths = order.four(UInt32(frame.count)) + order.four(UInt32(frame.count))
    let obsolete = PcapngBytes.block(
      2, order.two(0) + order.two(0xffff) + order.four(0) + order.four(5) + lengths + frame + padding, order)
    let file = PcapngBytes.section(order) + PcapngBytes.interface(order) + simple + obsolete
    let reading = try Reading(of: file)
    #expect(reading.damage == nil)
    #expect(reading.payloads == [Frames.hello, Frames.hello])
    #expect(reading.times == [0, 5000])
  }

  static let faults: [(String, [UInt8])] = [
    ("interface 7, which is not described", PcapngBytes.enhancedPacket([1], interface: 7, order: .little)),
    ("a block claims a length of 8", FieldOrder.little.four(9) + FieldOrder.little.four(8) + [0, 0, 0, 0]),
    ("a block claims a length of 13", FieldOrder.little.four(6) + FieldOrder.little.four(13) + [0, 0, 0, 0]),
    (
      "and of 99 behind",
      FieldOrder.little.four(9) + FieldOrder.little.four(16) + [0, 0, 0, 0] + FieldOrder.little.four(99)
    ),
    ("too short for its kind", PcapngBytes.block(6, [1, 2, 3, 4], .little)),
    (
      "claims a length of 4294967292",
      FieldOrder.little.four(6) + FieldOrder.little.four(0xffff_fffc) + [0, 0, 0, 0]
    ),
    ("no byte-order magic", FieldOrder.little.four(0x0a0d_0d0a) + [28, 0, 0, 0, 1, 2, 3, 4]),
  ]

  @Test(arguments: faults)
  func `a block that contradicts itself ends the reading with its place`(
    problem: String, block: [UInt8]
  ) throws {
    let file = PcapngBytes.file(Reading.packets)
    let reading = try Reading(of: file + block)
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
    #expect(reading.damage?.problem.contains(problem) == true, "\(reading.damage?.problem ?? "none")")
    #expect(reading.damage?.packet == 7)
    #expect((UInt64(file.count)...UInt64(file.count + block.count)).contains(reading.damage?.byte ?? 0))
  }
}
