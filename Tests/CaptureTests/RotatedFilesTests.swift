import TestSupport
import Testing

@testable import Capture

@Suite struct RotatedFilesTests {
  static let together: [[String]] = [
    ["cap", "cap1", "cap2"], ["d/cap.pcap0", "d/cap.pcap1"], ["cap00.gz", "cap01.gz"],
    ["cap-20260101120000.pcap", "cap-20260101130000.pcap"],
    ["cap_00001_20260101120000.pcapng", "cap_00002_20260101120500.pcapng"],
    ["t-2026-01-01T10:00:00.pcap", "t-2026-01-01T11:00:00.pcap"], ["cap0.gz", "cap1"],
    ["d/cap.pcap", "d/cap.pcap1.zst", "d/cap.pcap2.bz2"], ["cap-1015.pcap", "cap-1016.pcap"],
    ["cap-20260101-1000.pcap", "cap-20260102-0900.pcap"], ["cap-20260101-10.pcap", "cap-20260101-11.pcap"],
    ["cap_20260101120000_00001.pcapng", "cap_20260101120500_00002.pcapng"],
    ["cap-20260101120000.pcap", "cap-20260101120000.pcap1", "cap-20260101130000.pcap"],
    ["cap-1767225600.pcap", "cap-1767225660.pcap"], ["node1-20260101.pcap", "node1-20260102.pcap"],
  ]

  @Test(arguments: together)
  func `names of the parts of one capture have a stem in common`(names: [String]) {
    #expect(Set(names.map { RotatedName($0)?.stem }).count == 1)
  }

  static let apart: [[String]] = [
    ["pod1.pcap", "pod2.pcap"], ["a/cap0", "b/cap0"],
    ["node-10.244.0.12.pcap", "node-10.244.0.13.pcap"], ["client.pcap", "server.pcap"],
    ["node1-20231114.pcap", "node2-20231114.pcap"],
    ["20231114-120000-pod1.pcap", "20231114-120000-pod2.pcap"],
    ["20231114-pod1", "20231114-pod2", "20231115-pod3"], ["cap-1075.pcap", "cap-1076.pcap"],
    ["pod-10.pcap", "pod-11.pcap"], ["pod-20231399.pcap", "pod-20231398.pcap"],
  ]

  @Test(arguments: apart)
  func `names of captures of their own have not`(names: [String]) {
    #expect(Set(names.map { RotatedName($0)?.stem ?? $0 }).count == names.count)
  }

  @Test func `a time, the first of tcpdump's numbers or none tell that there was a rotation`() {
    for name in ["cap", "cap0", "cap000", "cap.pcap", "cap-20260101.pcap", "cap0.gz"] {
      #expect(RotatedName(name)?.isProof == true, "\(name)")
    }
    for name in ["cap1", "cap10", "cap.pcap3", "cap1.gz"] {
      #expect(RotatedName(name)?.isProof == false, "\(name)")
    }
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

  static func conversations(at times: Double...) -> [TestPacket] {
    times.flatMap { time in
      var conversation = Conversation(at: time)
      conversation.open()
      conversation.send(.client, Array("request".utf8))
      return conversation.packets
    }
  }

  static let pods = ["pod1", "pod2"]
  /// When the second begins; the first goes on for five seconds.
  static let beginnings: [(Double, [[String]])] = [
    (5, [pods]), (5.5, [pods]), (4.5, [pods]), (7, [["pod1"], ["pod2"]]), (3, [["pod1"], ["pod2"]]),
    (0, [["pod1"], ["pod2"]]),
  ]

  @Test(arguments: beginnings)
  func `numbers without the first of them are parts if one begins when the other ends`(
    time: Double, expected: [[String]]
  ) throws {
    let (first, second) = (Self.conversations(at: 0, 4.999), Self.conversations(at: time, time + 5))
    try Self.captures([("pod1", first), ("pod2", second)]) { captures, name in
      #expect(captures.map { $0.map(name) } == expected)
    }
    try Self.captures([("pod0", first), ("pod1", second)]) { captures, name in
      #expect(captures.map { $0.map(name) } == [["pod0", "pod1"]])
    }
  }

  @Test func `a compressed copy is no part`() throws {
    let (first, second) = (Array(Self.packets[..<3]), Array(Self.packets[3...]))
    let parts = [
      ("cap0", first), ("cap0.gz", first), ("cap1", second), ("cap1.gz", second), ("cap2.gz", second),
    ]
    try Self.captures(parts) { captures, name in
      #expect(captures.map { $0.map(name) } == [["cap0", "cap1", "cap2.gz"], ["cap0.gz", "cap1.gz"]])
    }
  }

  static let overlaps: [(Double, [String])] = [(4.5, []), (3.5, ["cap1"])]

  @Test(arguments: overlaps)
  func `packets out of order at the boundary do not cut a capture in two`(
    time: Double, remaining: [String]
  ) throws {
    let parts = [("cap0", Self.conversations(at: 0, 5)), ("cap1", Self.conversations(at: time, 6))]
    try Self.captures(parts) { captures, name in
      let reading = try Reading(CaptureSource(paths: captures[0]))
      #expect(reading.remaining.map(name) == remaining)
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
