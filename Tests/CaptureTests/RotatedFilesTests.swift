import TestSupport
import Testing

@testable import Capture

@Suite struct RotatedFilesTests {
  static let together: [[String]] = [
    ["cap", "cap1", "cap2"], ["d/cap.pcap0", "d/cap.pcap1"], ["cap00.gz", "cap01.gz"],
    ["cap-20260101120000.pcap", "cap-20260101130000.pcap"],
    ["cap_00001_20260101120000.pcapng", "cap_00002_20260101120500.pcapng"],
    ["t-2026-01-01T10:00:00.pcap", "t-2026-01-01T11:00:00.pcap"],
  ]

  @Test(arguments: together)
  func `names of the parts of one capture have a stem in common`(names: [String]) {
    #expect(Set(names.map { RotatedFiles.stem(of: $0) }).count == 1)
  }

  static let apart: [[String]] = [
    ["pod1.pcap", "pod2.pcap"], ["a/cap0", "b/cap0"], ["cap0", "cap0.gz"],
    ["node-10.244.0.12.pcap", "node-10.244.0.13.pcap"], ["client.pcap", "server.pcap"],
  ]

  @Test(arguments: apart)
  func `names of captures of their own have not`(names: [String]) {
    #expect(Set(names.map { RotatedFiles.stem(of: $0) ?? $0 }).count == names.count)
  }

  /// Writes each part under its name; returns the captures that the names stand for.
  static func captures(
    _ parts: [(name: String, packets: [TestPacket])], _ body: ([[String]], (String) -> String) throws -> Void
  ) throws {
    try TemporaryFolder.with { folder in
      let paths = try parts.map { try folder.file(PcapBytes.file($0.packets), name: $0.name) }
      try body(RotatedFiles.captures(paths)) { $0.replacing(folder.path + "/", with: "") }
    }
  }

  static let packets = Reading.packets

  @Test func `parts are read as one capture in the order of their packets`() throws {
    let parts = [
      ("cap1", Array(Self.packets[4...])), ("cap2", Array(Self.packets[..<2])),
      ("cap", Array(Self.packets[2..<4])),
    ]
    try Self.captures(parts) { captures, name in
      #expect(captures.map { $0.map(name) } == [["cap2", "cap", "cap1"]])
      let reading = try Reading(CaptureSource(paths: captures[0]))
      #expect(reading.payloads == Self.packets.map(\.payload))
      #expect(reading.segments.map(\.packet.part) == [0, 0, 1, 1, 2, 2])
      #expect(reading.numbers == [1, 2, 1, 2, 1, 2])
      #expect(reading.parts.map { name($0.source) } == ["cap2", "cap", "cap1"])
      #expect(reading.parts.map(\.packets) == [2, 2, 2])
      #expect(reading.statistics.packets == 6)
      #expect(
        zip(reading.segments, reading.segments.dropFirst()).allSatisfy { $0.packet.precedes($1.packet) })
    }
  }

  @Test func `files that overlap in time are captures of their own`() throws {
    let parts = [("cap0", Self.packets), ("cap1", Self.packets)]
    try Self.captures(parts) { captures, name in
      let reading = try Reading(CaptureSource(paths: captures[0]))
      #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
      #expect(reading.remaining.map(name) == ["cap1"])
    }
  }

  @Test func `a damaged part does not hide the next`() throws {
    try TemporaryFolder.with { folder in
      let first = try folder.file(
        Array(PcapBytes.file(Array(Self.packets[..<3])).dropLast(3)), name: "cap0")
      let second = try folder.file(Array("no capture".utf8), name: "cap1")
      let third = try folder.file(PcapBytes.file(Array(Self.packets[3...])), name: "cap2")
      let reading = try Reading(CaptureSource(paths: [first, second, third]))
      #expect(reading.numbers == [1, 2, 1, 2, 3])
      #expect(reading.parts.map { $0.damage != nil } == [true, true, false])
      #expect(reading.segments.last?.packet.part == 2)
    }
  }

  @Test func `what is no rotated name stays where it was given`() throws {
    let names = ["b.pcap", "cap1", "a.pcap", "cap0", "-"]
    let packets = Self.packets
    let parts = [
      ("b.pcap", packets), ("cap1", Array(packets[3...])), ("a.pcap", packets),
      ("cap0", Array(packets[..<3])),
    ]
    try Self.captures(parts) { captures, name in
      #expect(captures.map { $0.map(name) } == [["b.pcap"], ["cap0", "cap1"], ["a.pcap"]])
    }
    #expect(RotatedFiles.captures(names.filter { $0 == "-" }) == [["-"]])
  }
}
