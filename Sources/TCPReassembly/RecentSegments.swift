import Capture

/// The last segments of one direction, to tell a packet that was captured twice from one that was sent twice.
///
/// `tcpdump -i any` on a bridge or a router shows a packet once for each interface that it passes, a mirror port once
/// for each port. Copies have the same IPv4 identification; where there is none (IPv6, or 0 with DF), their TCP
/// headers are the same: what is sent again acknowledges what came meanwhile, and has a later timestamp. Between two
/// interfaces, or at the end of a tunnel, segments are put together (GRO) or cut (GSO): such a copy holds another
/// segment, or is a part of it.
struct RecentSegments {
  /// In the order that takes the least room.
  private struct Entry {
    var time = Timestamp(nanoseconds: 0)
    var print = PayloadPrint()
    var sequence = SequenceNumber(0)
    var acknowledgment = SequenceNumber(0)
    var length: UInt32 = 0
    var timestampValue: UInt32 = 0
    var interface: UInt32 = 0
    var window: UInt16 = 0
    var identification: UInt16 = 0
    var flags: TCPFlags = []
    var hasTimestamp = false
    var hasInterface = false
    var isEncapsulated = false

    init() {}

    init(_ segment: TCPSegment) {
      time = segment.packet.time
      print = segment.print
      sequence = segment.sequence
      acknowledgment = segment.acknowledgment
      length = UInt32(truncatingIfNeeded: segment.payloadLength)
      timestampValue = segment.timestampValue ?? 0
      interface = segment.interface ?? 0
      window = segment.window
      identification = segment.identification
      flags = segment.flags
      hasTimestamp = segment.timestampValue != nil
      hasInterface = segment.interface != nil
      isEncapsulated = segment.encapsulation != nil
    }

    func isPlace(of segment: TCPSegment) -> Bool {
      sequence == segment.sequence && length == UInt32(truncatingIfNeeded: segment.payloadLength)
    }

    func isInterface(of segment: TCPSegment) -> Bool { (hasInterface ? interface : nil) == segment.interface }

    /// Whether it was captured at another place.
    func isElsewhere(than segment: TCPSegment) -> Bool {
      !isInterface(of: segment) || isEncapsulated != (segment.encapsulation != nil)
    }
  }
  private static var capacity: Int { 4 }
  /// In place: each segment would have to fetch an array's header, too.
  private var entries = InlineArray<4, Entry>(repeating: Entry())
  private var next: UInt8 = 0
  private var count: UInt8 = 0
  /// A copy follows at once; no retransmission timer is this short (RFC 6298 §2.4).
  private static let copyDelay = 0.005
  /// Where nothing but the header's fields tells, not even a timestamp.
  private static let plainCopyDelay = 0.001

  mutating func add(_ segment: TCPSegment) {
    entries[Int(next)] = Entry(segment)
    next = (next + 1) % UInt8(Self.capacity)
    if count < Self.capacity { count += 1 }
  }

  mutating func forget() {
    next = 0
    count = 0
  }

  func hasCopy(of segment: TCPSegment) -> Bool {
    if hasPushedOut(segment) { return true }
    return contains { entry in
      if isRegrouped(entry, segment) { return true }
      guard entry.isPlace(of: segment), entry.identification == segment.identification else { return false }
      let delay = abs(segment.packet.time.seconds(since: entry.time))
      if entry.identification != 0 || !entry.isInterface(of: segment) { return delay < Self.copyDelay }
      let timestamp = entry.hasTimestamp ? entry.timestampValue : nil
      return entry.acknowledgment == segment.acknowledgment && entry.flags == segment.flags
        && entry.window == segment.window && timestamp == segment.timestampValue
        && delay < (timestamp == nil ? Self.plainCopyDelay : Self.copyDelay)
    }
  }

  /// Whether the same place has been seen with other bytes.
  func hasOtherBytes(than segment: TCPSegment) -> Bool {
    contains { $0.isPlace(of: segment) && $0.print.differs(from: segment.print) }
  }

  private func contains(_ isSought: (Entry) -> Bool) -> Bool {
    (0..<Int(count)).contains { isSought(entries[$0]) }
  }

  /// Whether it is the copy, from another place, of a segment that others have pushed out: a burst passes one interface as
  /// a whole before it comes to the next one. What is sent again has a later timestamp, and comes to the first one first.
  private func hasPushedOut(_ segment: TCPSegment) -> Bool {
    guard count == Self.capacity else { return false }
    let timestamp = segment.timestampValue
    let delay = timestamp == nil ? Self.plainCopyDelay : Self.copyDelay
    return (0..<Int(count)).allSatisfy { index in
      let entry = entries[index]
      return entry.isElsewhere(than: segment) && entry.hasTimestamp == (timestamp != nil)
        && Int32(bitPattern: entry.timestampValue &- (timestamp ?? 0)) >= 0
        && entry.acknowledgment.distance(from: segment.acknowledgment) >= 0
        && entry.sequence.distance(from: segment.sequence) > 0
        && abs(segment.packet.time.seconds(since: entry.time)) < delay
    }
  }

  /// Whether one of two segments holds the other, seen at two places at once.
  private func isRegrouped(_ entry: Entry, _ segment: TCPSegment) -> Bool {
    guard entry.isElsewhere(than: segment), entry.hasTimestamp,
      entry.timestampValue == segment.timestampValue, entry.acknowledgment == segment.acknowledgment,
      abs(segment.packet.time.seconds(since: entry.time)) < Self.copyDelay
    else { return false }
    let before = Int(segment.sequence.distance(from: entry.sequence))
    let after = before + segment.payloadLength - Int(entry.length)
    return before <= 0 && after >= 0 || before >= 0 && after <= 0
  }
}
