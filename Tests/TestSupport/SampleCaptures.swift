import Capture
import CloseAnalysis
import TCPReassembly

/// The TCP packets of a capture, and its key logs.
package struct PacketCollector: SegmentSink {
  package private(set) var packets: [TestPacket] = []
  package private(set) var secrets: [[UInt8]] = []

  package init() {}

  package mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    var segment = segment
    let payload = segment.payload.map { frame[$0] }
    segment.payload = 0..<payload.count
    packets.append(TestPacket(segment: segment, payload: payload))
  }

  package mutating func receive(secrets: [UInt8]) { self.secrets.append(secrets) }
}

extension TestPacket {
  /// The TCP segments of a capture file, payloads and all.
  package static func read(_ path: String) throws(CaptureError) -> [TestPacket] {
    var reader = try CaptureReader(CaptureSource(path: path))
    var collector = PacketCollector()
    reader.read(into: &collector)
    if let damage = reader.damages.first { throw damage }
    return collector.packets
  }
}

extension CaptureSummary {
  /// A capture of one file.
  package init(
    _ source: String, statistics: CaptureStatistics = CaptureStatistics(linkTypes: [.ethernet]),
    reassembly: ReassemblyStatistics = ReassemblyStatistics()
  ) {
    self.init(parts: [CapturePart(source: source)], statistics: statistics, reassembly: reassembly)
  }
}
