import Capture

/// One TCP connection of a recording.
struct RecordedConnection {
  let client: Endpoint
  let server: Endpoint
  var packets: [RecordedPacket] = []

  /// Whether it was recorded from its SYN to an end.
  var isWhole: Bool {
    packets.first?.segment.flags.contains(.syn) == true
      && packets.contains { !$0.segment.flags.isDisjoint(with: [.fin, .rst]) }
  }

  /// What one end sent.
  func stream(from end: Endpoint) throws(SampleError) -> RecordedStream {
    try RecordedStream(packets.filter { $0.segment.source == end })
  }
}

/// Takes the connections of a recording apart.
struct RecordedConnections: SegmentSink {
  private struct Ends: Hashable {
    var low: Endpoint
    var high: Endpoint

    init(_ segment: TCPSegment) {
      low = min(segment.source, segment.destination)
      high = max(segment.source, segment.destination)
    }
  }

  /// In the order in which they begin.
  private(set) var all: [RecordedConnection] = []
  private var index: [Ends: Int] = [:]

  /// - Throws: a `CaptureError`, or a `SampleError` if its link type is another.
  static func read(_ path: String) throws -> [RecordedConnection] {
    var reader = try CaptureReader(CaptureSource(path: path))
    var connections = RecordedConnections()
    reader.read(into: &connections)
    if let damage = reader.damages.first { throw damage }
    guard reader.statistics.linkTypes == [.linuxSLL2] else {
      throw SampleError(sample: path, problem: "its packets are not those of tcpdump -i any (LINUX_SLL2)")
    }
    return connections.all.filter(\.isWhole)
  }

  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    guard let packet = RecordedPacket(segment, in: frame) else { return }
    let ends = Ends(segment)
    if segment.flags.contains(.syn), !segment.flags.contains(.ack), index[ends] == nil {
      index[ends] = all.count
      all.append(RecordedConnection(client: segment.source, server: segment.destination))
    }
    if let number = index[ends] { all[number].packets.append(packet) }
  }
}
