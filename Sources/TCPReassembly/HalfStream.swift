import Capture
import Streams

/// One direction of a connection: puts segments in order and tells what is missing.
///
/// Positions are stream offsets: 64 bits, 0 is the byte after the SYN; the FIN counts as one byte.
///
///                acknowledged          next        held.start                  windowEnd
///     ───────────────┼──────────────────┼─ ─ hole ─ ─┼════════                     │
///       delivered    │    delivered     │            │ held                        │ set aside
struct HalfStream {
  struct Facts: OptionSet {
    let rawValue: UInt32
    /// `base` is known.
    static let begun = Facts(rawValue: 1)
    /// Offset 0 is the stream's beginning, and not only the first that was captured.
    static let startKnown = Facts(rawValue: 2)
    /// A second piece agreed with the first: the stream is where `base` says.
    static let confirmed = Facts(rawValue: 4)
    static let windowKnown = Facts(rawValue: 8)
    static let windowClosed = Facts(rawValue: 16)
    static let finDelivered = Facts(rawValue: 32)
    /// What was last put out is a gap.
    static let endsInGap = Facts(rawValue: 64)
    /// And that gap is a single byte.
    static let lacksLastByte = Facts(rawValue: 512)
    /// The scale of the peer's window is not known: its edge is the farthest that it may be.
    static let windowGuessed = Facts(rawValue: 256)
    /// The sender's SYN was captured.
    static let synCaptured = Facts(rawValue: 128)
  }

  let side: Side
  var facts: Facts = []
  /// The scale of the windows that this side advertises, as its SYN says.
  var scale = WindowScale.unknown
  /// The sequence number of offset 0, once something told it.
  private(set) var base = SequenceNumber(0)
  /// The first offset that has not been delivered.
  var next: UInt64 = 0
  /// How far the sender is known to have come: the numbers of segments without payload tell it, too.
  var sent: UInt64 = 0
  /// The peer's highest acknowledgment; covers bytes that were never captured, too.
  var acknowledged: UInt64 = 0
  /// The farthest right edge of the window that the peer has advertised.
  var windowEnd: UInt64 = 0
  /// The FIN; kept when it was told, too.
  var fin: (offset: UInt64, packet: PacketReference)?
  /// Empty, or one.
  var waiting: [Waiting] = []

  init(side: Side) { self.side = side }

  var hasBegun: Bool { facts.contains(.begun) }
  var isStartKnown: Bool { facts.contains(.startKnown) }
  var finDelivered: Bool { facts.contains(.finDelivered) }
  func begins(at sequence: SequenceNumber) -> Bool { hasBegun && base == sequence }

  /// Whether FIN and its acknowledgment have passed.
  var isFinished: Bool {
    guard finDelivered, let fin else { return false }
    return acknowledged > fin.offset
  }

  /// Bytes that wait, bookkeeping included.
  @inline(__always)
  var cost: Int { waiting.isEmpty ? 0 : waiting[0].cost }

  @inline(__always)
  var hasNothingWaiting: Bool { waiting.isEmpty || waiting[0].isIdle }

  mutating func needWaiting() {
    if waiting.isEmpty { waiting.append(Waiting()) }
  }

  /// Gives back what only packets that follow at once would need, and gives up what the receiver has had for long.
  mutating func rest(at packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink) {
    while isHoleAcknowledged { giveUpHole(.notCaptured, at: packet, on: id, &sink) }
    if waiting.first?.isIdle == true { waiting = [] }
  }

  // MARK: Where a sequence number lies

  /// The SYN, or the acknowledgment of it, fixes where the stream begins.
  mutating func begin(
    at sequence: SequenceNumber, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard !hasBegun else { return }
    facts.insert(.startKnown)
    count(from: sequence, on: id, &sink)
  }

  private mutating func count(
    from sequence: SequenceNumber, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    base = sequence
    facts.insert(.begun)
    sink.receive(.began(side, sequence), on: id)
  }

  /// The offset nearest to `next` that has this sequence number; negative before the stream's beginning.
  func offset(of sequence: SequenceNumber) -> Int64 {
    let anchor = base + UInt32(truncatingIfNeeded: next)
    return Int64(clamping: next) + Int64(sequence.distance(from: anchor))
  }

  /// A stream without a SYN begins with the first byte seen, or with what the peer had asked for first.
  /// Where the peer's SYN was seen, and this one is expected, bytes are missing before, nobody knows how
  /// many: one stands for them.
  private mutating func pickUp(
    at sequence: SequenceNumber, _ packet: PacketReference, isStartExpected: Bool, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    guard !hasBegun else { return }
    let early = waiting.first?.early
    var start =
      early.flatMap { early in
        [early.first, early.number].first {
          (0...Self.farthestPickUp).contains(sequence.distance(from: $0))
        }
      } ?? sequence
    if isStartExpected { start = start + UInt32.max }
    count(from: start, on: id, &sink)
    if isStartExpected {
      sink.receive(.gap(side, 0..<1, .notCaptured, packet), on: id)
      next = 1
    }
    guard let early else { return }
    waiting[0].early = nil
    acknowledge(early.number, early.packet, on: id, &sink)
    advertise(early.window, isGuess: true, from: early.number)
  }

  private static let farthestPickUp: Int32 = 1 << 20

  // MARK: Segments

  /// Takes a segment's payload and FIN; `frame` is the packet, in which `segment.payload` was captured.
  ///
  /// - Parameters:
  ///   - isStartExpected: the capture holds the beginning of the other direction.
  ///   - recent: of this direction.
  mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, isStartExpected: Bool, _ recent: inout RecentSegments,
    on id: ConnectionID, _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    let isSYN = segment.flags.contains(.syn)
    let isFIN = segment.flags.contains(.fin)
    let sequence = isSYN ? segment.sequence + 1 : segment.sequence
    if segment.payloadLength < 2, !isSYN, !isFIN, hasBegun {
      if isKeepAlive(segment, at: offset(of: sequence)) {
        if !facts.contains(.windowClosed), !recent.hasCopy(of: segment) { statistics.keepAlives += 1 }
        return
      }
      if segment.payloadLength == 0 { return notePosition(of: segment, &statistics) }
    }
    guard segment.payloadLength > 0 || isFIN else { return }
    pickUp(at: sequence, segment.packet, isStartExpected: isStartExpected, on: id, &sink)
    let start = offset(of: sequence)
    let end = start + Int64(segment.payloadLength)
    guard end >= 0 else { return }
    guard agreesWithFIN(end: UInt64(end), &statistics) else { return }
    if isFIN {
      noteFIN(at: UInt64(end), isInOrder: start <= Int64(clamping: next), segment.packet, &statistics)
    }
    if segment.payloadLength > 0 {
      sent = max(sent, UInt64(end))
      takePayload(segment, in: frame, start, end, &recent, on: id, &statistics, &sink)
    }
    settle(on: id, &sink)
  }

  private mutating func takePayload(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ start: Int64, _ end: Int64,
    _ recent: inout RecentSegments, on id: ConnectionID, _ statistics: inout ReassemblyStatistics,
    _ sink: inout some StreamSink
  ) {
    let place = Int64(clamping: next)
    if start == place, waiting.isEmpty || waiting[0].held.isEmpty {
      deliver(UInt64(start)..<UInt64(end), frame.extracting(segment.payload), segment.packet, on: id, &sink)
      return recent.add(segment)
    }
    let isCopy = recent.hasCopy(of: segment)
    if !isCopy, start < place, recent.hasOtherBytes(than: segment) {
      statistics.conflictingOverlaps += 1
    }
    let firstNew = min(max(start, place), end)
    if max(start, 0) < firstNew, !isCopy {
      let repeated = UInt64(max(start, 0))..<UInt64(firstNew)
      sink.receive(.retransmitted(side, repeated, segment.packet), on: id)
    }
    if firstNew < end {
      let skipped = min(Int(firstNew - start), segment.payload.count)
      let bytes = frame.extracting(segment.payload.lowerBound + skipped..<segment.payload.upperBound)
      take(
        UInt64(firstNew)..<UInt64(end), bytes, segment.packet, isCopy: isCopy, on: id, &statistics, &sink)
    }
    // A copy need not push out what it is a copy of: there may be more.
    if !isCopy || firstNew < end { recent.add(segment) }
  }

  /// Takes a segment that is the next one, with all its payload, where nothing waits; FIN and SYN it has none.
  @inline(__always)
  mutating func takeNext(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ recent: inout RecentSegments, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    if segment.payloadLength > 0 {
      let bytes = frame.extracting(segment.payload)
      deliver(next..<next + UInt64(segment.payloadLength), bytes, segment.packet, on: id, &sink)
      recent.add(segment)
    }
    sent = next
  }

  /// Takes bytes that are all new or ahead of `next`.
  private mutating func take(
    _ range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference, isCopy: Bool,
    on id: ConnectionID, _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    if range.lowerBound == next && (waiting.isEmpty || waiting[0].held.isEmpty) {
      return deliver(range, bytes, packet, on: id, &sink)
    }
    needWaiting()
    if waiting[0].held.contradicts(range, bytes) { statistics.conflictingOverlaps += 1 }
    let covered = waiting[0].held.insert(range, bytes, packet)
    if !isCopy {
      for repeated in covered { sink.receive(.retransmitted(side, repeated, packet), on: id) }
    }
    deliverHeld(on: id, &sink)
  }

  private mutating func deliver(
    _ range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    if next > 0 { facts.insert(.confirmed) }
    facts.remove(.lacksLastByte)
    if !bytes.isEmpty {
      sink.receive(bytes, StreamChunk(connection: id, side: side, offset: next, packet: packet))
      facts.remove(.endsInGap)
    }
    let capturedEnd = range.lowerBound + UInt64(bytes.count)
    if capturedEnd < range.upperBound {
      sink.receive(.gap(side, capturedEnd..<range.upperBound, .truncated, packet), on: id)
    }
    next = range.upperBound
    if !waiting.isEmpty { waiting[0].holeAcknowledgedAt = nil }
  }

  mutating func deliverHeld(on id: ConnectionID, _ sink: inout some StreamSink) {
    guard !waiting.isEmpty else { return }
    for segment in waiting[0].held.takeRun(from: next) {
      deliver(segment.range, segment.bytes.span, segment.packet, on: id, &sink)
    }
  }

  /// What a segment without payload tells: its sender has sent everything before it, and no FIN behind it.
  private mutating func notePosition(of segment: TCPSegment, _ statistics: inout ReassemblyStatistics) {
    let offset = offset(of: segment.sequence)
    guard offset > 0, offset - Int64(clamping: max(next, acknowledged)) <= Self.positionSlack else { return }
    sent = max(sent, UInt64(offset))
    if !finDelivered, let fin, UInt64(offset) < fin.offset,
      acknowledged <= fin.offset, segment.packet.time.seconds(since: fin.packet.time) > Self.longestReordering
    {
      self.fin = nil
      statistics.outOfWindow += 1
    }
  }

  /// A probe of a silent connection repeats the byte before the next one, or has garbage or nothing at its place
  /// (RFC 1122 §4.2.3.6). A real byte may be captured behind its own acknowledgment, but not by much.
  private func isKeepAlive(_ segment: TCPSegment, at offset: Int64) -> Bool {
    let next = finDelivered ? self.next + 1 : self.next
    let end = max(next, sent, acknowledged)
    guard offset == Int64(clamping: end) - 1, acknowledged >= end else { return false }
    if end <= next || segment.payloadLength == 0 { return true }
    guard let since = waiting.first?.acknowledgments.last?.packet.time else { return false }
    return segment.packet.time.seconds(since: since) > Self.longestReordering
  }

  /// Seconds: longer than captures and networks exchange packets, shorter than timers of TCP.
  static let longestReordering = 0.1
  /// Bytes by which a number may be old, or ahead of all that is known where no window tells: a RST that answers a
  /// segment takes its number from that segment's acknowledgment.
  static let positionSlack: Int64 = 1 << 20

  // MARK: FIN

  /// Whether bytes, or a FIN, that end at `end` can be there beside the FIN that is known. What is delivered
  /// stands; a FIN that waits for bytes before it was none if its sender goes on behind it.
  private mutating func agreesWithFIN(end: UInt64, _ statistics: inout ReassemblyStatistics) -> Bool {
    guard let fin, end > fin.offset else { return true }
    statistics.outOfWindow += 1
    if finDelivered || acknowledged == fin.offset + 1 { return false }
    self.fin = nil
    return true
  }

  /// - Parameter isInOrder: no bytes are missing before it.
  private mutating func noteFIN(
    at offset: UInt64, isInOrder: Bool, _ packet: PacketReference, _ statistics: inout ReassemblyStatistics
  ) {
    guard !finDelivered else { return }
    // Left of the window, unless it was acknowledged before and is part of the gap that was made of that.
    guard offset >= next || offset + 1 == next && acknowledged == next && facts.contains(.endsInGap) else {
      statistics.outOfWindow += 1
      return
    }
    if let fin {
      guard fin.offset != offset, isInOrder else { return }
      statistics.outOfWindow += 1
    }
    fin = (offset, packet)
  }
}
