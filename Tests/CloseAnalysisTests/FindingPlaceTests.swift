import Capture
import CloseAnalysis
import TestSupport
import Testing

/// How findings name their packets.
@Suite struct FindingPlaceTests {
  /// A proxy that holds the client for a second; each leg in a capture of its own.
  static func findings(names: [String]) -> [Finding] {
    let talk = FindingTimingTests.closed(delay: 1)
    let parts = names.count == 1 ? [talk.packets] : [talk.outer.packets, talk.inner.packets]
    let legs = parts.enumerated().flatMap { index, packets in
      let marked = packets.map { packet in
        var packet = packet
        packet.segment.packet.capture = Int32(index)
        return packet
      }
      return Stages.run(marked, into: LegCollector(capture: index)).legs
    }
    let captures = names.map { name in
      CaptureSummary("/captures/\(name)")
    }
    return Analysis(captures: captures, legs: legs).sessions[0].findings
  }

  @Test func `in one capture a packet's number is enough`() throws {
    let finding = try #require(Self.findings(names: ["both.pcap"]).first)
    #expect(finding.rule == "late-teardown")
    #expect(finding.text.contains("(packet "))
    #expect(!finding.text.contains(".pcap"))
  }

  @Test func `of several captures each packet names its own`() throws {
    let finding = try #require(Self.findings(names: ["front.pcap", "pod.pcap"]).first)
    #expect(finding.rule == "late-teardown")
    #expect(finding.text.contains("(pod.pcap packet "))
    #expect(finding.packets.map(\.capture) == [1, 0])
  }
}
