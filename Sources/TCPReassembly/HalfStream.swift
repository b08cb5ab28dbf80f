import Capture
import Streams

/// One direction of a connection: puts segments in order and tells what is missing.
///
/// Positions are stream offsets: 64 bits, 0 is the byte after the SYN; the FIN counts as one byte.
///
///                acknowledged          next        held.start
///     ───────────────┼──────────────────┼─ ─ hole ─ ─┼════════
///       delivered    │    delivered     │            │ held
struct HalfStream {
  let side: Side
  /// The sequence number of offset 0, once something told it.
  private var base: SequenceNumber?
  /// Whether offset 0 is the stream's beginning, and not only the first that was captured.
  private(set) var isStartKnown = false
  /// The first offset that has not been delivered.
  private(set) var next: UInt64 = 0
  /// How far the sender is known to have come: the numbers of segments without payload tell it, too.
  private var sent: UInt64 = 0
  /// The peer's highest acknowledgment; covers bytes that were never captured, too.
  private(set) var acknowledged: UInt64 = 0
  private(set) var held = HeldSegments()
  private var fin: (offset: UInt64, packet: PacketReference)?
  private(set) var finDelivered = false
  private var resetSeen = false
  private var windowIsOpen = true
  private var recent = RecentSegments()
  /// An acknowledgment that came before anything told `base`.
  private var earlyAcknowledgment: (number: SequenceNumber, packet: PacketReference)?
  /// Acknowledgments of bytes that have not been delivered yet, rising.
  private var pendingAcknowledgments: [(offset: UInt64, packet: PacketReference)] = []
  /// Since when the receiver is known to have what the hole lacks.
  private var holeAcknowledgedAt: Timestamp?

  init(side: Side) { self.side = side }

  /// Whether FIN and its acknowledgment have passed.
  var isFinished: Bool { finDelivered && fin.map { acknowledged > $0.offset } ?? false }

  // MARK: Where a sequence number lies

  /// The SYN, or the acknowledgment of it, fixes where the stream begins.
  mutating func begin(
    at sequence: SequenceNumber, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard base == nil else { return }
    isStartKnown = true
    count(from: sequence, on: id, &sink)
  }

  private mutating func count(
    from sequence: SequenceNumber, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    base = sequence
    sink.receive(.began(side, sequence), on: id)
  }

  var hasBegun: Bool { base != nil }
  func begins(at sequence: SequenceNumber) -> Bool { base == sequence }

  /// The offset nearest to `next` that has this sequence number; negative before the stream's beginning.
  private func offset(of sequence: SequenceNumber, base: SequenceNumber) -> Int64 {
    let anchor = base + UInt32(truncatingIfNeeded: next)
    return Int64(clamping: next) + Int64(sequence.distance(from: anchor))
  }

  /// A stream without a SYN begins with the first byte seen, or with what the peer had asked for before.
  /// Where the peer's SYN was seen, and this one is expected, bytes are missing before, nobody knows how
  /// many: one stands for them.
  private mutating func pickUp(
    at sequence: SequenceNumber, _ packet: PacketReference, isStartExpected: Bool, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) -> SequenceNumber {
    if let base { return base }
    var start = sequence
    let early = earlyAcknowledgment
    if let early, (0...Self.farthestPickUp).contains(sequence.distance(from: early.number)) {
      start = early.number
    }
    if isStartExpected { start = start + UInt32.max }
    count(from: start, on: id, &sink)
    if isStartExpected {
      sink.receive(.gap(side, 0..<1, .notCaptured, packet), on: id)
      next = 1
    }
    if let early { acknowledge(early.number, early.packet, on: id, &sink) }
    return start
  }

  private static let farthestPickUp: Int32 = 1 << 20

  // MARK: Segments

  /// Takes a segment's payload; `frame` is the packet, in which `segment.payload` was captured.
  ///
  /// - Parameter isStartExpected: the capture holds the beginning of the other direction.
  mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, isStartExpected: Bool, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    let isSYN = segment.flags.contains(.syn)
    let sequence = isSYN ? segment.sequence + 1 : segment.sequence
    guard segment.payloadLength > 0 || segment.flags.contains(.fin) else { return notePosition(of: segment) }
    let base = pickUp(at: sequence, segment.packet, isStartExpected: isStartExpected, on: id, &sink)
    let start = offset(of: sequence, base: base)
    let end = start + Int64(segment.payloadLength)
    guard end >= 0, start - Int64(clamping: max(next, acknowledged)) <= Self.largestWindow else { return }
    if segment.flags.contains(.fin), fin == nil { fin = (UInt64(end), segment.packet) }
    sent = max(sent, UInt64(end))

    let firstNew = min(max(start, Int64(clamping: next)), end)
    let isCopy = recent.hasCopy(of: segment)
    if max(start, 0) < firstNew, !isCopy {
      let repeated = UInt64(max(start, 0))..<UInt64(firstNew)
      sink.receive(.retransmitted(side, repeated, segment.packet), on: id)
    }
    if firstNew < end {
      let skipped = min(Int(firstNew - start), segment.payload.count)
      let bytes = frame.extracting(segment.payload.lowerBound + skipped..<segment.payload.upperBound)
      take(UInt64(firstNew)..<UInt64(end), bytes, segment.packet, isCopy: isCopy, on: id, &sink)
    }
    recent.add(segment)
    settle(on: id, &sink)
  }

  /// What a segment without payload tells: its sender has sent everything before it.
  private mutating func notePosition(of segment: TCPSegment) {
    guard let base, !segment.flags.contains(.syn) else { return }
    let offset = offset(of: segment.sequence, base: base)
    guard offset > 0, offset - Int64(clamping: max(next, acknowledged)) <= Self.positionSlack else { return }
    sent = max(sent, UInt64(offset))
  }

  /// Takes bytes that are all new or ahead of `next`.
  private mutating func take(
    _ range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference, isCopy: Bool,
    on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    if range.lowerBound == next && held.isEmpty {
      deliver(range, bytes, packet, on: id, &sink)
      return
    }
    let covered = held.insert(range, bytes, packet)
    if !isCopy {
      for repeated in covered { sink.receive(.retransmitted(side, repeated, packet), on: id) }
    }
    deliverHeld(on: id, &sink)
  }

  private mutating func deliver(
    _ range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    if !bytes.isEmpty {
      sink.receive(bytes, StreamChunk(connection: id, side: side, offset: next, packet: packet))
    }
    let capturedEnd = range.lowerBound + UInt64(bytes.count)
    if capturedEnd < range.upperBound {
      sink.receive(.gap(side, capturedEnd..<range.upperBound, .truncated, packet), on: id)
    }
    next = range.upperBound
    holeAcknowledgedAt = nil
  }

  private mutating func deliverHeld(on id: ConnectionID, _ sink: inout some StreamSink) {
    for segment in held.takeRun(from: next) {
      deliver(segment.range, segment.bytes.span, segment.packet, on: id, &sink)
    }
  }

  // MARK: Acknowledgments

  /// Takes the acknowledgment number of a segment that the peer sent.
  mutating func acknowledge(
    _ number: SequenceNumber, _ packet: PacketReference, on id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    guard let base else {
      earlyAcknowledgment = (number, packet)
      return
    }
    let offset = offset(of: number, base: base)
    guard offset > Int64(clamping: acknowledged),
      offset - Int64(clamping: max(sent, next)) <= Self.largestWindow
    else { return }
    acknowledged = UInt64(offset)
    if pendingAcknowledgments.count == Self.maxPendingAcknowledgments {
      pendingAcknowledgments.removeLast()
    }
    pendingAcknowledgments.append((acknowledged, packet))
    settle(on: id, &sink)
  }

  /// Takes the window that the peer advertises.
  mutating func noteWindow(
    _ window: UInt16, _ packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    let isOpen = window > 0
    guard isOpen != windowIsOpen else { return }
    windowIsOpen = isOpen
    sink.receive(.window(side, isOpen: isOpen, packet), on: id)
  }

  /// RFC 7323 §2.3.
  private static let largestWindow: Int64 = 1 << 30
  private static let maxPendingAcknowledgments = 32

  /// Passes on the FIN and the acknowledgments that the delivered bytes have reached.
  private mutating func settle(on id: ConnectionID, _ sink: inout some StreamSink) {
    if let fin, !finDelivered, next >= fin.offset {
      finDelivered = true
      sink.receive(.ended(side, .fin, at: fin.offset, fin.packet), on: id)
    }
    let reached = next + (finDelivered ? 1 : 0)
    var count = 0
    while count < pendingAcknowledgments.count, pendingAcknowledgments[count].offset <= reached {
      let (offset, packet) = pendingAcknowledgments[count]
      sink.receive(.acknowledged(side, upTo: offset, packet), on: id)
      count += 1
    }
    if count > 0 { pendingAcknowledgments.removeFirst(count) }
  }

  // MARK: Holes

  /// Where the hole behind the delivered bytes ends, if there is one.
  private var holeEnd: UInt64? {
    if let start = held.start { return start }
    if let fin, !finDelivered { return fin.offset }
    let known = next + (finDelivered ? 1 : 0)
    if acknowledged > known { return acknowledged }
    return sent > known ? sent : nil
  }

  /// Gives up a hole whose bytes the receiver has had for longer than `patience` seconds.
  mutating func giveUpAcknowledgedHole(
    at packet: PacketReference, patience: Int64, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard acknowledged > next, let end = holeEnd, acknowledged >= end else { return }
    guard let since = holeAcknowledgedAt else {
      holeAcknowledgedAt = packet.time
      return
    }
    guard packet.time >= since.advanced(bySeconds: patience) else { return }
    giveUpHole(at: packet, on: id, &sink)
  }

  /// Declares the first hole a gap, and goes on behind it.
  mutating func giveUpHole(
    at packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard let end = holeEnd, end > next else { return }
    sink.receive(.gap(side, next..<end, .notCaptured, packet), on: id)
    next = end
    holeAcknowledgedAt = nil
    deliverHeld(on: id, &sink)
    settle(on: id, &sink)
  }

  /// Delivers all that is held, with gaps where bytes are missing.
  mutating func flush(
    at packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    while let end = holeEnd, end > next { giveUpHole(at: packet, on: id, &sink) }
  }

  // MARK: Reset

  /// Takes a RST of this stream's sender.
  ///
  /// - Returns: false if it lies outside of what a receiver would accept, and so changes nothing.
  mutating func reset(
    _ segment: TCPSegment, on id: ConnectionID, _ sink: inout some StreamSink
  ) -> Bool {
    var offset: Int64 = 0
    if let base {
      offset = self.offset(of: segment.sequence, base: base)
      let low = Int64(clamping: acknowledged) - Self.positionSlack
      let high = Int64(clamping: max(sent, next, acknowledged)) + Self.positionSlack
      guard offset >= 0, (low...high).contains(offset) else { return false }
      sent = max(sent, UInt64(offset))
    }
    if !resetSeen {
      resetSeen = true
      sink.receive(.ended(side, .rst, at: UInt64(offset), segment.packet), on: id)
    }
    return true
  }

  /// A RST that answers a segment takes its number from that segment's acknowledgment, which may be
  /// old by as much as was in flight.
  private static let positionSlack: Int64 = 1 << 20
}
