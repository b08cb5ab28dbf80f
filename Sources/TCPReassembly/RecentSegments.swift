import Capture

/// The last segments of one direction, to tell a packet that was captured twice from one that was sent twice.
///
/// `tcpdump -i any` on a bridge or a router shows a packet once for each interface that it passes, a mirror port once
/// for each port. Copies have the same IPv4 identification; where there is none (IPv6, or 0 with DF), their TCP
/// headers are the same: what is sent again acknowledges what came meanwhile, and has a later timestamp.
struct RecentSegments {
  private struct Entry {
    var sequence: SequenceNumber
    var acknowledgment: SequenceNumber
    var length: Int
    var flags: TCPFlags
    var window: UInt16
    var identification: UInt16
    var timestampValue: UInt32?
    var interface: UInt32?
    var time: Timestamp
  }
  private var entries: [Entry] = []
  private var next = 0
  private static let capacity = 4
  /// A copy follows at once; no retransmission timer is this short (RFC 6298 §2.4).
  private static let copyDelay = 0.005
  /// Where nothing but the header's fields tells, not even a timestamp.
  private static let plainCopyDelay = 0.001

  mutating func add(_ segment: TCPSegment) {
    let entry = Entry(
      sequence: segment.sequence, acknowledgment: segment.acknowledgment, length: segment.payloadLength,
      flags: segment.flags, window: segment.window, identification: segment.identification,
      timestampValue: segment.timestampValue, interface: segment.interface, time: segment.packet.time)
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[next] = entry
      next = (next + 1) % Self.capacity
    }
  }

  func hasCopy(of segment: TCPSegment) -> Bool {
    entries.contains { entry in
      guard entry.sequence == segment.sequence, entry.length == segment.payloadLength,
        entry.identification == segment.identification
      else { return false }
      let delay = abs(segment.packet.time.seconds(since: entry.time))
      if entry.identification != 0 || entry.interface != segment.interface { return delay < Self.copyDelay }
      return entry.acknowledgment == segment.acknowledgment && entry.flags == segment.flags
        && entry.window == segment.window && entry.timestampValue == segment.timestampValue
        && delay < (entry.timestampValue == nil ? Self.plainCopyDelay : Self.copyDelay)
    }
  }
}
