import Capture
import TestSupport
import Testing

@Suite struct CaptureFilterTests {
  static let file = PcapBytes.file(Reading.packets)

  static let filters: [(String, [UInt64])] = [
    ("", [1, 2, 3, 4, 5, 6]), ("tcp", [1, 2, 3, 4, 5, 6]), ("port 443", [3]),
    ("tcp port 80", [1, 2, 4, 5, 6]),
    ("host 10.9.1.2 and tcp[tcpflags] & tcp-push != 0", [5, 6]), ("greater 62", [6]), ("udp", []),
  ]

  @Test(arguments: filters)
  func `packets keep their numbers in the file behind a filter`(filter: String, numbers: [UInt64]) throws {
    let reading = try Reading(of: Self.file, filter: filter)
    #expect(reading.numbers == numbers)
    #expect(reading.statistics.packets == 6)
    let filtered = reading.statistics.skipped.filter { $0.reason == .filtered }.map(\.count)
    #expect(filtered == (numbers.count == 6 ? [] : [UInt64(6 - numbers.count)]))
  }

  @Test func `a filter applies to pcapng too`() throws {
    let file = PcapngBytes.file(Reading.packets, order: .big)
    #expect(try Reading(of: file, filter: "port 443").numbers == [3])
  }

  @Test func `a packet that the filter passes over is counted under no other reason`() throws {
    let frame = Frames.ethernet([0x08, 0x06], [UInt8](repeating: 0, count: 28))
    let file =
      PcapBytes.header()
      + PcapBytes.record(frame, capturedLength: frame.count, time: Timestamp(nanoseconds: 0))
    let skipped = try Reading(of: file, filter: "tcp").statistics.skipped
    #expect(skipped.map(\.reason) == [.filtered])
    #expect(try Reading(of: file, filter: "arp").statistics.skipped.map(\.reason) == [.notIP])
  }

  @Test(arguments: ["port", "tcp prot 80", "port 70000", "(tcp", "'"])
  func `a filter that does not compile is named`(filter: String) throws {
    let error = try #require(throws: CaptureError.self) { _ = try Reading(of: Self.file, filter: filter) }
    #expect(error.problem.hasPrefix("the filter '\(filter)' does not compile: "))
    #expect(error.advice == "see pcap-filter(7) for the syntax")
    #expect(error.packet == nil)
    #expect(error.byte == nil)
  }
}
