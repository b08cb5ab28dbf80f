import Capture

/// The recorded captures of the repository.
package enum SampleCaptures {
  /// The packets of a capture that carry TCP.
  package static func packets(of path: String) throws -> [TestPacket] {
    let reader = CaptureReader(try PcapFile(path: path))
    var packets: [TestPacket] = []
    reader.forEachSegment { segment, frame in
      var segment = segment
      let payload = segment.payload.map { frame[$0] }
      segment.payload = 0..<payload.count
      packets.append(TestPacket(segment: segment, payload: payload))
    }
    return packets
  }
}
