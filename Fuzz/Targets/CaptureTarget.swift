import Capture

/// The bytes of a capture file: what is read of it, and what is told of the rest.
enum CaptureTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    guard var reader = try? CaptureReader(CaptureSource(bytes: bytes)) else { return }
    var segments = Segments()
    reader.read(into: &segments)
    try demand(segments.areOrdered, "packet numbers do not rise")
    try demand(segments.areInside, "a payload lies outside of its packet")
    try demand(segments.secretBytes <= bytes.count, "more secrets than there are bytes")
    let statistics = reader.statistics
    let skipped = statistics.skipped.reduce(0) { $0 + $1.count }
    try demand(
      segments.count + skipped == statistics.packets, "a packet is neither used nor counted as skipped")
    try demand(segments.last <= statistics.packets, "a packet has a number beyond their count")
    try demand(
      (statistics.packets == 0) == (statistics.firstPacket == nil),
      "packets without a time, or a time without")
    if let first = statistics.firstPacket, let last = statistics.lastPacket {
      try demand(first <= last, "the last packet is before the first")
    }
  }
}

/// What the segments of a capture keep to.
private struct Segments: SegmentSink {
  private(set) var count: UInt64 = 0
  private(set) var last: UInt64 = 0
  private(set) var areOrdered = true
  private(set) var areInside = true
  private(set) var secretBytes = 0

  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    count += 1
    areOrdered = areOrdered && segment.packet.number > last
    last = segment.packet.number
    areInside =
      areInside && segment.payload.upperBound <= frame.count
      && segment.payload.count <= segment.payloadLength
  }

  mutating func receive(secrets: [UInt8]) { secretBytes += secrets.count }
}
