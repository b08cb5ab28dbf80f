import Capture

/// Reads a capture from memory.
enum CaptureBytes {
  /// - Returns: `nil` if they are no capture.
  static func reader(of bytes: [UInt8]) -> CaptureReader? {
    guard let file = try? PcapFile(path: "/dev/null", beginning: bytes) else { return nil }
    return CaptureReader(file)
  }
}

enum CaptureTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    guard let reader = CaptureBytes.reader(of: bytes) else { return }
    var last: UInt64 = 0
    var segments: UInt64 = 0
    var isOrdered = true
    var isInside = true
    var secretBytes = 0
    reader.forEachSegment { segment, frame in
      isOrdered = isOrdered && segment.packet.number > last
      last = segment.packet.number
      segments += 1
      isInside = isInside && segment.payload.upperBound <= frame.count && frame.count <= bytes.count
      secretBytes += reader.takeSecrets().reduce(0) { $0 + $1.count }
    }
    let statistics = reader.statistics
    let skipped = statistics.skipped.reduce(0) { $0 + $1.count }
    try demand(isOrdered && last <= statistics.packets, "packet numbers do not rise")
    try demand(isInside, "a packet is longer than the capture")
    try demand(segments + skipped == statistics.packets, "a packet is neither used nor counted as skipped")
    try demand(secretBytes <= bytes.count, "more secrets than bytes")
    try demand(
      (statistics.packets == 0) == (statistics.firstPacket == nil),
      "packets without a time, or a time without")
    if let first = statistics.firstPacket, let last = statistics.lastPacket {
      try demand(first <= last, "the last packet is before the first")
    }
  }
}
