import Capture
import TestSupport
import Testing

@Suite struct CaptureDamageTests {
  static let cut = "the capture ends inside this packet's record"
  static let cutAdvice =
    "what came before it is reported; stop the capture with Ctrl-C rather than a kill, or copy the file again"

  /// Where each record of a capture ends, the header taken for the first.
  static func ends(of packets: [TestPacket]) -> [Int] {
    packets.reduce(into: [24]) { $0.append($0.last! + 16 + PcapBytes.ethernet($1).count) }
  }

  @Test func `every beginning of a capture gives the whole packets in it`() throws {
    let file = PcapBytes.file(Reading.packets)
    let ends = Self.ends(of: Reading.packets)
    #expect(ends.last == file.count)
    for length in 24...file.count {
      let reading = try Reading(of: Array(file.prefix(length)))
      let whole = ends.filter { $0 <= length }.count - 1
      #expect(reading.payloads == Reading.packets.prefix(whole).map(\.payload), "\(length) bytes")
      #expect(reading.statistics.packets == UInt64(whole), "\(length) bytes")
      guard !ends.contains(length) else {
        #expect(reading.damage == nil, "\(length) bytes")
        continue
      }
      #expect(reading.damage?.problem == Self.cut, "\(length) bytes")
      #expect(reading.damage?.packet == UInt64(whole + 1), "\(length) bytes")
      #expect(reading.damage?.byte == UInt64(length), "\(length) bytes")
      #expect(reading.damage?.advice == Self.cutAdvice)
    }
  }

  @Test(arguments: FieldOrder.allCases)
  func `every beginning of a pcapng capture gives the whole packets in it`(order: FieldOrder) throws {
    let file = PcapngBytes.file(Reading.packets, order: order)
    let header = PcapngBytes.file([], order: order).count
    let ends = (0...Reading.packets.count).map {
      PcapngBytes.file(Array(Reading.packets.prefix($0)), order: order).count
    }
    for length in 1..<header {
      #expect(throws: CaptureError.self, "\(length) bytes") { try Reading(of: Array(file.prefix(length))) }
    }
    for length in header...file.count {
      let reading = try Reading(of: Array(file.prefix(length)))
      let whole = ends.filter { $0 <= length }.count - 1
      #expect(reading.payloads == Reading.packets.prefix(whole).map(\.payload), "\(length) bytes")
      #expect(reading.damage?.packet == (ends.contains(length) ? nil : UInt64(whole + 1)), "\(length) bytes")
      #expect(reading.damage?.byte == (ends.contains(length) ? nil : UInt64(length)), "\(length) bytes")
    }
  }

  @Test(arguments: [1, 5, 30, 60])
  func `a pcapng capture cut in a record says so as a classic one does`(missing: Int) throws {
    for order in FieldOrder.allCases {
      let damage = try Reading(of: Array(PcapngBytes.file(Reading.packets, order: order).dropLast(missing)))
        .damage
      #expect(damage?.problem == Self.cut)
      #expect(damage?.advice == Self.cutAdvice)
    }
  }

  @Test func `a record longer than the file is named`() throws {
    let file = PcapBytes.file(Reading.packets)
    let last = Self.ends(of: Reading.packets)[5]
    var bytes = file
    bytes[last + 9] = 0x20  // captured length, little-endian: 8192 more
    let reading = try Reading(of: bytes)
    #expect(reading.numbers == [1, 2, 3, 4, 5])
    #expect(reading.damage?.problem == Self.cut)
    #expect(reading.damage?.packet == 6)
    #expect(reading.damage?.byte == UInt64(file.count))
  }

  @Test func `a record longer than any packet is damage`() throws {
    var bytes = PcapBytes.file(Reading.packets)
    let third = Self.ends(of: Reading.packets)[2]
    bytes[third + 11] = 0x7f  // captured length, little-endian
    let reading = try Reading(of: bytes)
    #expect(reading.numbers == [1, 2])
    #expect(reading.damage?.packet == 3)
    #expect(reading.damage?.byte == UInt64(third + 16))
    #expect(reading.damage?.problem.contains("no packet has so many") == true)
    #expect(reading.damage?.advice == "what came before it is reported")
  }

  @Test func `damage in one line names file, packet and byte`() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.file(Array(PcapBytes.file(Reading.packets).dropLast()))
      let length = PcapBytes.file(Reading.packets).count - 1
      let damage = try #require(try Reading(path: path).damage)
      #expect(damage.description == "\(path), packet 6, byte \(length): \(Self.cut); \(Self.cutAdvice)")
    }
  }

  @Test func `random bytes behind the header are read without a trap`() throws {
    var random = SeededGenerator(seed: 21)
    for _ in 0..<200 {
      let bytes = HostilePacketTests.bytes(Int.random(in: 0...400, using: &random), &random)
      _ = try Reading(of: PcapBytes.header() + bytes)
    }
  }

  @Test func `a capture with a few bytes changed is read or refused`() {
    var random = SeededGenerator(seed: 22)
    let files = [PcapBytes.file(Reading.packets), PcapngBytes.file(Reading.packets)]
    for round in 0..<400 {
      var file = files[round % 2]
      for _ in 0..<3 {
        file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
      }
      guard let reading = try? Reading(of: file) else { continue }
      #expect(reading.segments.count <= Int(reading.statistics.packets))
    }
  }
}
