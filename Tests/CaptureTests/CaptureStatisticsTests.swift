import Capture
import TestSupport
import Testing

@Suite struct CaptureStatisticsTests {
  @Test(arguments: FieldOrder.allCases)
  func `packets that were dropped are counted where the capture tells`(order: FieldOrder) throws {
    let capture = PcapngBytes.file(Reading.packets, order: order) + PcapngBytes.interface(order)
    func dropped(_ blocks: [UInt8]...) throws -> UInt64? {
      try Reading(of: capture + blocks.flatMap { $0 }).statistics.dropped
    }
    func block(_ byInterface: UInt64?, _ bySystem: UInt64? = nil, of interface: UInt32 = 0) -> [UInt8] {
      PcapngBytes.statistics(interface: interface, byInterface: byInterface, bySystem: bySystem, order: order)
    }
    #expect(try Reading(of: PcapBytes.file(Reading.packets)).statistics.dropped == nil)
    #expect(try dropped() == nil)
    #expect(try dropped(block(nil)) == nil)
    #expect(try dropped(block(0)) == 0)
    #expect(try dropped(block(7)) == 7)
    #expect(try dropped(block(7, 1 << 40)) == 7 + 1 << 40)
    // Each block counts from the beginning of the capture.
    #expect(try dropped(block(3), block(7)) == 7)
    #expect(try dropped(block(3), block(7, of: 1)) == 10)
    #expect(try dropped(block(.max), block(7, of: 1)) == .max)
    // Of another section, interface 0 is another one.
    let section = PcapngBytes.section(order) + PcapngBytes.interface(order)
    #expect(try dropped(block(3), section, block(7)) == 10)
  }

  @Test(arguments: FieldOrder.allCases)
  func `packets tell what was dropped in front of them`(order: FieldOrder) throws {
    let frame = Frames.ethernet(Self.ip, Frames.ipv4(Frames.tcp))
    func enhanced(_ count: UInt64, of interface: UInt32 = 0) -> [UInt8] {
      let (high, low) = (order.four(UInt32(count >> 32)), order.four(UInt32(truncatingIfNeeded: count)))
      let flags = order.two(2) + order.two(4) + order.four(1)
      let option = order.two(4) + order.two(8) + (order == .big ? high + low : low + high)
      return PcapngBytes.enhancedPacket(
        frame, interface: interface, options: flags + option + [0, 0, 0, 0], order: order)
    }
    func obsolete(_ count: UInt16) -> [UInt8] {
      let lengths = order.four(UInt32(frame.count)) + order.four(UInt32(frame.count))
      let padding = [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4)
      return PcapngBytes.block(
        2, order.two(0) + order.two(count) + order.four(0) + order.four(0) + lengths + frame + padding, order)
    }
    func statistics(_ count: UInt64, of interface: UInt32 = 0) -> [UInt8] {
      PcapngBytes.statistics(interface: interface, byInterface: count, order: order)
    }
    let section = PcapngBytes.section(order) + PcapngBytes.interface(order)
    func dropped(_ blocks: [UInt8]...) throws -> UInt64? {
      let reading = try Reading(of: section + PcapngBytes.interface(order) + blocks.flatMap { $0 })
      #expect(reading.damage == nil)
      return reading.statistics.dropped
    }
    #expect(try dropped(PcapngBytes.enhancedPacket(frame, order: order)) == nil)
    #expect(try dropped(enhanced(0)) == 0)
    #expect(try dropped(enhanced(3), enhanced(1 << 40), enhanced(4, of: 1)) == 7 + 1 << 40)
    #expect(try dropped(enhanced(.max), enhanced(5)) == .max)
    #expect(try dropped(obsolete(0xffff)) == nil)
    #expect(try dropped(obsolete(3), obsolete(0xffff), obsolete(4)) == 7)
    // An interface's own count is of the same packets, and reaches to the end of the capture.
    #expect(try dropped(enhanced(3), statistics(7)) == 7)
    #expect(try dropped(enhanced(7), statistics(3)) == 7)
    #expect(try dropped(enhanced(3), statistics(7, of: 1)) == 10)
    #expect(try dropped(enhanced(3), section, enhanced(3)) == 6)
  }

  @Test func `blocks that contradict themselves tell nothing`() throws {
    let capture = PcapngBytes.file(Reading.packets)
    let block = PcapngBytes.statistics(byInterface: 7, order: .little)
    for index in block.indices.dropFirst(8).dropLast(4) {
      var bytes = block
      bytes[index] = 0xff
      let reading = try Reading(of: capture + bytes)
      #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
    }
  }

  static func file(_ frames: [[UInt8]], captured: Int = 262_144) -> [UInt8] {
    PcapBytes.header()
      + frames.enumerated().flatMap { index, frame in
        PcapBytes.record(
          frame, capturedLength: min(captured, frame.count),
          time: Timestamp(nanoseconds: 1_000_000_000 - Int64(index) * 1000))
      }
  }

  static let ip: [UInt8] = [0x08, 0x00]

  /// Another link type needs another interface: see PcapngInterfaceTests.
  static let reasons = SkipReason.allCases.filter { $0 != .linkType }

  /// One packet for each reason, and how `expected` is told it.
  static let skipped: [(SkipReason, [UInt8])] = [
    (.filtered, Frames.ethernet(ip, Frames.ipv4(Frames.tcp)) + [UInt8](repeating: 0, count: 1000)),
    (.notIP, Frames.ethernet([0x08, 0x06], [0, 1])),
    (.notTCP, Frames.ethernet(ip, Frames.checked(Frames.ipv4(Frames.tcp, protocol: 17)))),
    (.fragment, Frames.ethernet(ip, Frames.checked(Frames.ipv4(Frames.tcp, fragment: [0x20, 0])))),
    (.truncatedHeader, Frames.ethernet(ip, Array(Frames.checked(Frames.ipv4(Frames.tcp)).dropLast()))),
    (.badHeader, Frames.ethernet(ip, Frames.ipv4(Frames.tcp, totalLength: 10))),
    (
      .nestedTooDeep, Frames.ethernet(ip, Wrapping.nested(Frames.checked(Frames.ipv4(Frames.tcp)), layers: 9))
    ),
    (.badChecksum, Frames.ethernet(ip, Frames.ipv4(Frames.tcp))),
  ]

  static var strict: DecodeOptions {
    var options = DecodeOptions()
    options.verifyChecksums = true
    return options
  }

  @Test func `every reason to skip a packet has a test packet`() {
    #expect(Self.skipped.map(\.0) == Self.reasons)
  }

  @Test(arguments: skipped)
  func `a skipped packet is counted under its reason`(reason: SkipReason, frame: [UInt8]) throws {
    let whole = Frames.ethernet(Self.ip, Frames.checked(Frames.ipv4(Frames.tcp)))
    let reading = try Reading(
      of: Self.file([frame, whole, frame]), filter: "less 1000", options: Self.strict)
    #expect(reading.numbers == [2])
    #expect(reading.statistics.packets == 3)
    #expect(reading.statistics.skipped.map(\.reason) == [reason])
    #expect(reading.statistics.skipped.map(\.count) == [2])
  }

  @Test func `reasons are listed in one order and only where they occurred`() throws {
    let frames = Self.skipped.reversed().map(\.1)
    let reading = try Reading(of: Self.file(frames), filter: "less 1000", options: Self.strict)
    #expect(reading.numbers == [])
    #expect(reading.statistics.skipped.map(\.reason) == Self.reasons)
    #expect(reading.statistics.skipped.map(\.count) == [1, 1, 1, 1, 1, 1, 1, 1])
    #expect(CaptureStatistics().skipped.isEmpty)
  }

  @Test func `bytes are those on the wire and packets that were cut are counted`() throws {
    let large = Frames.ethernet(Self.ip, Frames.ipv4(Frames.tcp + [UInt8](repeating: 7, count: 500)))
    let small = Frames.ethernet(Self.ip, Frames.ipv4(Frames.tcp))
    let reading = try Reading(of: Self.file([large, small, large], captured: 100))
    #expect(reading.statistics.bytes == UInt64(2 * large.count + small.count))
    #expect(reading.statistics.truncatedPackets == 2)
    #expect(reading.payloads.map(\.count) == [46, 0, 46])
    #expect(reading.segments.map(\.payloadLength) == [500, 0, 500])
  }

  @Test func `a capture reaches from its earliest time to its latest`() throws {
    let frame = Frames.ethernet(Self.ip, Frames.ipv4(Frames.tcp))
    let statistics = try Reading(of: Self.file([frame, frame, frame])).statistics
    #expect(statistics.firstPacket == Timestamp(nanoseconds: 999_998_000))
    #expect(statistics.lastPacket == Timestamp(nanoseconds: 1_000_000_000))
    #expect(!statistics.hasNanoseconds)
  }

  @Test func `a packet of which nothing was captured is counted`() throws {
    let reading = try Reading(of: Self.file([Frames.tcp], captured: 0))
    #expect(reading.statistics.packets == 1)
    #expect(reading.statistics.skipped.map(\.reason) == [.truncatedHeader])
  }
}
