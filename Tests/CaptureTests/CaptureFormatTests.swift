import Capture
import TestSupport
import Testing

/// Every kind of capture file that holds the same packets reads the same.
@Suite struct CaptureFormatTests {
  struct Format: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var isNanoseconds = false
  }

  /// A classic file as a machine of either byte order writes it.
  static func classic(
    _ packets: [TestPacket], _ order: FieldOrder, isNanoseconds: Bool = false
  ) -> [UInt8] {
    let header =
      order.four(isNanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4) + order.two(2) + order.two(4) + order.four(0)
      + order.four(0) + order.four(262_144) + order.four(1)
    return header
      + packets.flatMap { packet in
        let frame = PcapBytes.ethernet(packet)
        let time = packet.segment.packet.time.nanoseconds
        let fraction = time % 1_000_000_000 / (isNanoseconds ? 1 : 1000)
        return order.four(UInt32(time / 1_000_000_000)) + order.four(UInt32(fraction))
          + order.four(UInt32(frame.count)) + order.four(UInt32(frame.count)) + frame
      }
  }

  static let formats = [
    Format(testDescription: "pcap", bytes: PcapBytes.file(Reading.packets)),
    Format(
      testDescription: "pcap, nanoseconds", bytes: PcapBytes.file(Reading.packets, isNanoseconds: true),
      isNanoseconds: true),
    Format(testDescription: "pcap, big-endian", bytes: classic(Reading.packets, .big)),
    Format(
      testDescription: "pcap, big-endian, nanoseconds",
      bytes: classic(Reading.packets, .big, isNanoseconds: true), isNanoseconds: true),
    Format(testDescription: "pcapng", bytes: PcapngBytes.file(Reading.packets)),
    Format(testDescription: "pcapng, big-endian", bytes: PcapngBytes.file(Reading.packets, order: .big)),
    Format(
      testDescription: "pcapng, nanoseconds",
      bytes: PcapngBytes.file(Reading.packets, isNanoseconds: true), isNanoseconds: true),
    Format(
      testDescription: "pcapng, big-endian, nanoseconds",
      bytes: PcapngBytes.file(Reading.packets, order: .big, isNanoseconds: true), isNanoseconds: true),
  ]

  @Test(arguments: formats)
  func `a capture gives each packet's segment and payload`(_ format: Format) throws {
    let reading = try Reading(of: format.bytes)
    let written = Reading.packets
    #expect(reading.damage == nil)
    #expect(reading.linkTypes == [.ethernet])
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
    #expect(reading.times == written.map(\.segment.packet.time.nanoseconds))
    #expect(reading.payloads == written.map(\.payload))
    #expect(reading.segments.map(\.source) == written.map(\.segment.source))
    #expect(reading.segments.map(\.destination) == written.map(\.segment.destination))
    #expect(reading.segments.map(\.sequence) == written.map(\.segment.sequence))
    #expect(reading.segments.map(\.acknowledgment) == written.map(\.segment.acknowledgment))
    #expect(reading.segments.map(\.flags) == written.map(\.segment.flags))
  }

  @Test(arguments: formats)
  func `nanoseconds are kept where the format has them`(_ format: Format) throws {
    var packet = Reading.packets[0]
    packet.segment.packet.time.nanoseconds += 789
    let order: FieldOrder = format.testDescription.contains("big") ? .big : .little
    let isPcapng = format.testDescription.hasPrefix("pcapng")
    let bytes =
      isPcapng
      ? PcapngBytes.file([packet], order: order, isNanoseconds: format.isNanoseconds)
      : Self.classic([packet], order, isNanoseconds: format.isNanoseconds)
    let reading = try Reading(of: bytes)
    #expect(reading.times.map { $0 % 1000 } == [format.isNanoseconds ? 789 : 0])
    #expect(reading.statistics.hasNanoseconds == format.isNanoseconds)
  }

  @Test func `a time that is out of range saturates`() throws {
    let packets = PcapngBytes.enhancedPacket([], ticks: .max, order: .little)
    let file = PcapngBytes.section(.little) + PcapngBytes.interface(.little) + packets
    #expect(try Reading(of: file).statistics.firstPacket == Timestamp(nanoseconds: .max))
  }

  static let linkTypes: [(UInt32, LinkType, [UInt8])] = [
    (0, .null, [2, 0, 0, 0]), (1, .ethernet, Frames.ethernet([0x08, 0x00], [])), (101, .raw, []),
    (108, .loop, [0, 0, 0, 2]), (113, .linuxSLL, [UInt8](repeating: 0, count: 14) + [0x08, 0x00]),
    (276, .linuxSLL2, [0x08, 0x00] + [UInt8](repeating: 0, count: 18)), (228, .raw, []),
  ]

  @Test(arguments: linkTypes)
  func `the file's link type decides where IP begins`(
    number: UInt32, expected: LinkType, link: [UInt8]
  ) throws {
    let frame = link + Frames.ipv4(Frames.tcp + Frames.hello)
    let file =
      PcapBytes.header(linkType: number)
      + PcapBytes.record(frame, capturedLength: frame.count, time: Timestamp(nanoseconds: 0))
    let reading = try Reading(of: file)
    #expect(reading.linkTypes == [expected])
    #expect(reading.payloads == [Frames.hello])
  }

  @Test func `a capture without packets is read`() throws {
    for file in [PcapBytes.file([]), PcapngBytes.file([]), PcapngBytes.file([], order: .big)] {
      let reading = try Reading(of: file)
      #expect(reading.damage == nil)
      #expect(reading.statistics == CaptureStatistics(linkTypes: [.ethernet]))
    }
  }

  @Test func `a second interface of the same link type is read`() throws {
    let frame = PcapBytes.ethernet(Reading.packets[3])
    let file =
      PcapngBytes.section(.big) + PcapngBytes.interface(.big)
      + PcapngBytes.enhancedPacket(frame, ticks: 5, order: .big)
      + PcapngBytes.interface(.big, isNanoseconds: true)
      + PcapngBytes.enhancedPacket(frame, ticks: 5, interface: 1, order: .big)
    let reading = try Reading(of: file)
    #expect(reading.numbers == [1, 2])
    #expect(reading.times == [5000, 5])
  }

  @Test(arguments: [0, 1, 7])
  func `packets name the capture that they are of`(index: Int) throws {
    let reading = try TemporaryFolder.with { try Reading(path: $0.file(Self.formats[0].bytes), index: index) }
    #expect(reading.segments.map(\.packet.capture) == [Int32](repeating: Int32(index), count: 6))
  }
}
