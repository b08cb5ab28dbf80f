import Capture

/// The last segments of one direction, to tell a packet that was captured twice from one that was sent twice.
///
/// `tcpdump -i any` on a bridge or a router shows a packet once for each interface that it passes.
struct RecentSegments {
  private struct Entry {
    var sequence: SequenceNumber
    var length: Int
    var identification: UInt16
    var interface: UInt32?
    var time: Timestamp
  }
  private var entries: [Entry] = []
  private var next = 0
  private static let capacity = 4
  /// A copy follows at once; no retransmission timer is this short (RFC 6298 §2.4).
  private static let copyDelay = 0.005

  mutating func add(_ segment: TCPSegment) {
    let entry = Entry(
      sequence: segment.sequence, length: segment.payloadLength, identification: segment.identification,
      interface: segment.interface, time: segment.packet.time)
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[next] = entry
      next = (next + 1) % Self.capacity
    }
  }

  func hasCopy(of segment: TCPSegment) -> Bool {
    entries.contains { entry in
      entry.sequence == segment.sequence && entry.length == segment.payloadLength
        && entry.identification == segment.identification
        && (entry.identification != 0 || entry.interface != segment.interface)
        && abs(segment.packet.time.seconds(since: entry.time)) < Self.copyDelay
    }
  }
}
