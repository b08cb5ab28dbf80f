import Capture
import Streams
import WSDecode

/// The end of a stream, and where in its sender's stream it lies.
package struct SeenEnd: Hashable, Sendable {
  package var kind: EndKind
  package var offset: UInt64
  package var packet: PacketReference
}

/// A Close frame on a leg.
package struct SeenClose: Hashable, Sendable {
  package var frame: Frame
  package var body: CloseBody
  /// The stream ended before the frame did.
  package var isCut: Bool
  /// The first packet in which the receiver acknowledged the frame's last byte.
  package var acknowledged: PacketReference?
}

/// Bytes that were on the wire and are not in the capture.
package struct SeenGap: Hashable, Sendable {
  package var range: Range<UInt64>
  package var cause: GapCause
  package var packet: PacketReference
}

/// A part of a stream of which it is not known how it divides into frames.
package struct LostPart: Hashable, Sendable {
  package var from: UInt64
  /// `nil` if it reaches to the end of what was captured.
  package var to: UInt64?
  package var packet: PacketReference
}

/// What a capture shows of one direction of a leg. `side` is the sender.
///
/// What changes with every packet stands first, and together.
@usableFromInline package struct LegStream: Sendable {
  package let side: Side
  /// The sequence number of offset 0.
  package private(set) var base: SequenceNumber?
  package private(set) var frames: UInt64 = 0
  package private(set) var messages: UInt64 = 0
  package private(set) var payloadBytes: UInt64 = 0
  /// The end of the furthest byte that the capture tells of.
  package private(set) var sentEnd: UInt64 = 0
  /// The packet that completed the last frame.
  package private(set) var lastFrame: PacketReference?
  /// By which the frames are known again on another leg.
  package private(set) var marks = FrameMarks()
  /// How far the receiver acknowledged, and since when.
  package private(set) var acknowledged: (upTo: UInt64, packet: PacketReference)?
  private var peerEnd: PacketReference?
  /// The orderly end: FIN, or END_STREAM.
  package private(set) var fin: SeenEnd?
  /// The first Close frame.
  package private(set) var close: SeenClose?
  /// The abort: RST, RST_STREAM or GOAWAY.
  package private(set) var rst: SeenEnd?
  /// The first packet in which the receiver acknowledged the FIN.
  package private(set) var finAcknowledged: PacketReference?
  /// How far the receiver had acknowledged when it ended its own stream, with that packet at the latest: what
  /// came later came to nobody.
  package private(set) var acknowledgedAtPeerEnd: UInt64?
  /// There are many streams: what most of them have nothing of takes no place in them.
  private var incidents = Seldom<StreamIncidents>()

  package init(side: Side) { self.side = side }

  /// A frame that the end of the stream cut, from its beginning to where the stream ended.
  package var cut: Range<UInt64>? { incidents.kept?.value.cut }
  /// The first TLS alert, such as close_notify.
  package var alert: (alert: TLSAlert, packet: PacketReference)? { incidents.kept?.value.alert }
  package var retransmissions: UInt64 { incidents.kept?.value.retransmissions ?? 0 }
  /// How often bytes of the Close frame were sent again.
  package var closeRetransmissions: UInt64 { incidents.kept?.value.closeRetransmissions ?? 0 }
  /// When the receiver first had no room for more, and whether it still had none in the end.
  package var windowClosed: (first: PacketReference, count: UInt64, isClosed: Bool)? {
    incidents.kept?.value.windowClosed
  }
  /// The first gaps; `gapCount` and `gapBytes` tell of all.
  package var gaps: [SeenGap] { incidents.kept?.value.gaps ?? [] }
  package var gapCount: UInt64 { incidents.kept?.value.gapCount ?? 0 }
  package var gapBytes: UInt64 { incidents.kept?.value.gapBytes ?? 0 }
  /// How many bytes a gap lacks is not known: what lies behind it has no place that can be compared with another leg's.
  package var hasGapOfUnknownLength: Bool { incidents.kept?.value.hasGapOfUnknownLength ?? false }
  /// The limit for which bytes were given up first.
  package var limit: StreamLimit? { incidents.kept?.value.limit }
  /// The first parts without known frame boundaries; an unending one stands last.
  package var lostParts: [LostPart] { incidents.kept?.value.lostParts ?? [] }
  package var violations: FrameViolations { incidents.kept?.value.violations ?? [] }
  /// The first data or Close frame behind the Close frame: there must be none (RFC 6455 §5.5.1).
  package var afterClose: (opcode: Opcode, packet: PacketReference)? { incidents.kept?.value.afterClose }
  /// The first frame of any kind behind the Close frame: Ping and Pong may be, but some clients mind.
  package var trailingFrame: (opcode: Opcode, packet: PacketReference)? {
    incidents.kept?.value.trailingFrame
  }
  /// Bytes behind the Close frame that make no whole frame.
  package var trailingBytes: UInt64 { incidents.kept?.value.trailingBytes ?? 0 }

  /// The first end of the stream: an abort after the sender's own orderly end adds nothing.
  ///
  /// Inlined: each call would be a copy of the stream.
  @inline(__always)
  package var end: SeenEnd? {
    guard let fin, let rst else { return fin ?? rst }
    return rst.packet.precedes(fin.packet) ? rst : fin
  }

  var hasEnd: Bool { fin != nil || rst != nil }

  /// The orderly end, then the abort: those that there are.
  package var ends: [SeenEnd] {
    guard let fin else { return rst.map { [$0] } ?? [] }
    return rst.map { [fin, $0] } ?? [fin]
  }

  /// Whether it has a Close frame, and that to its end.
  package var hasWholeClose: Bool { close?.isCut == false }

  /// Whether the Close frame's last byte is known of by an ACK alone: a FIN in its place, which is not in the capture
  /// either, would be acknowledged in the same way.
  var isCloseEndDoubtful: Bool {
    guard let frame = close?.frame, hasWholeClose, frame.missing > 0 else { return false }
    let end = frame.range.upperBound
    guard
      gapCount > gaps.count
        || gaps.contains(where: { $0.cause == .notCaptured && $0.range.upperBound == end })
    else { return false }
    return sentEnd <= end && (fin?.offset ?? 0) < end && (acknowledged?.upTo ?? 0) <= end
  }

  /// Whether the last that its receiver has is not in the capture.
  var lacksEnd: Bool {
    guard gapCount == gaps.count, let end = gaps.last?.range.upperBound else { return false }
    return end == sentEnd && (acknowledged?.upTo ?? 0) >= end
  }

  /// Whether the receiver has acknowledged the Close frame.
  var isCloseAcknowledged: Bool { close?.acknowledged != nil }

  /// Whether it is known at each place what frame is there, so that no frame can have been overlooked.
  /// A single byte is too short for a frame: it is the FIN, acknowledged but not captured.
  package var isUnderstood: Bool {
    !hasGapOfUnknownLength && lostParts.allSatisfy { ($0.to ?? sentEnd) <= $0.from + 1 }
  }

  /// Whether packets of its sender are not in the capture that may have come behind another packet. Those whose payload was
  /// cut, or given up, have told all the same what they acknowledge.
  func lacksPackets(after packet: PacketReference) -> Bool {
    gapCount > gaps.count
      || gaps.contains {
        ($0.cause == .notCaptured || $0.cause == .unknownLength) && packet.precedes($0.packet)
      }
  }

  package var isTruncated: Bool { gaps.contains { $0.cause == .truncated } }

  /// The handshake ends here: what follows are frames.
  mutating func beginFrames(at offset: UInt64) { sentEnd = max(sentEnd, offset) }

  mutating func take(_ event: LegEvent) {
    switch event {
    case .close(let frame, let body):
      guard close == nil else { return }
      close = SeenClose(frame: frame, body: body, isCut: cut?.lowerBound == frame.range.lowerBound)
    case .cut(_, let range, _):
      sentEnd = max(sentEnd, range.upperBound)
      // Behind a Close frame no frame is to be expected, and what is there none that was cut.
      if let close, !close.isCut, range.lowerBound >= close.frame.range.upperBound {
        incidents.value.trailingBytes = range.upperBound - range.lowerBound
      } else {
        incidents.value.cut = range
      }
    case .lost(_, let offset, let packet): incidents.value.loseFrames(at: offset, packet)
    case .found(_, let offset, _): incidents.value.findFrames(at: offset)
    case .passed(_, let end): sentEnd = max(sentEnd, end)
    case .stream(let event): take(event)
    case .opened, .responded, .refuted, .payload, .frame: break
    }
  }

  mutating func count(_ frame: Frame) {
    let whole = WholeFrame(frame)
    note(whole, in: frame.first)
    marks.add(FrameMark(whole, in: frame.first))
    lastFrame = frame.last
    sentEnd = max(sentEnd, frame.range.upperBound)
  }

  mutating func count(_ whole: Span<WholeFrame>, in packet: PacketReference) {
    guard let last = whole.indices.last else { return }
    for index in whole.indices { note(whole[index], in: packet) }
    marks.add(whole, in: packet)
    lastFrame = packet
    sentEnd = max(sentEnd, whole[last].end)
  }

  @inline(__always)
  private mutating func note(_ frame: WholeFrame, in packet: PacketReference) {
    let header = frame.header
    frames += 1
    if !header.opcode.isControl {
      payloadBytes += header.payloadLength
      if header.isFinal { messages += 1 }
    }
    if !frame.violations.isEmpty { incidents.value.note(frame.violations, of: header.opcode, in: packet) }
  }

  private mutating func take(_ event: StreamEvent) {
    switch event {
    case .gap(_, let range, let cause, let packet):
      incidents.value.add(SeenGap(range: range, cause: cause, packet: packet))
      sentEnd = max(sentEnd, range.upperBound)
    case .retransmitted(_, let range, _):
      incidents.value.retransmissions += 1
      if let frame = close?.frame, range.overlaps(frame.range) {
        incidents.value.closeRetransmissions += 1
      }
    case .window(_, let isOpen, let packet): incidents.value.noteWindow(isOpen: isOpen, packet)
    case .ended(_, let kind, let offset, let packet):
      let end = SeenEnd(kind: kind, offset: offset, packet: packet)
      if kind.isInOrder { sentEnd = max(sentEnd, offset) }
      if kind.isAbort { rst = rst ?? end } else { fin = fin ?? end }
    case .began(_, let sequence): base = sequence
    case .alert(_, let alert, let packet):
      if self.alert == nil { incidents.value.alert = (alert, packet) }
    case .opened, .closed, .acknowledged, .encapsulated, .proxied, .secured, .record, .requested, .responded:
      break
    }
  }

  /// The receiver has acknowledged everything below `upTo`.
  mutating func acknowledge(upTo: UInt64, _ packet: PacketReference) {
    acknowledged = (upTo, packet)
    if let peerEnd, !peerEnd.precedes(packet) { acknowledgedAtPeerEnd = upTo }
    if let fin, finAcknowledged == nil, upTo > fin.offset { finAcknowledged = packet }
    if let frame = close?.frame, close?.acknowledged == nil, upTo >= frame.range.upperBound {
      close?.acknowledged = packet
    }
  }

  /// The receiver ended its own stream with this packet, and took no more after it.
  mutating func notePeerEnd(_ packet: PacketReference) {
    guard peerEnd == nil else { return }
    peerEnd = packet
    acknowledgedAtPeerEnd = acknowledged?.upTo
  }

  // MARK: Several observations of one stream

  /// How far the offsets of another observation of this stream lie ahead of its own; `nil` if unknown.
  func shift(from other: LegStream) -> Int64? {
    guard let base, let otherBase = other.base else { return nil }
    return Int64(otherBase.distance(from: base))
  }

  /// Takes from another observation what this one lacks. Both must count from the same byte.
  ///
  /// - Parameter start: where the other one begins; `nil` if one of them was seen encrypted: then its offsets are others.
  mutating func fill(from other: LegStream, beginningAt start: UInt64?) {
    if close == nil || close?.isCut == true, let better = other.close, !better.isCut { close = better }
    let isMoreComplete = other.isMoreComplete(than: self)
    if isMoreComplete {
      (frames, messages, payloadBytes) = (other.frames, other.messages, other.payloadBytes)
      (marks, lastFrame) = (other.marks, other.lastFrame)
    }
    if incidents.kept != nil || other.incidents.kept != nil {
      incidents.value.fill(
        from: other.incidents.value, isMoreComplete: isMoreComplete,
        whole: start.map { isMoreComplete ? $0..<max($0, other.sentEnd) : 0..<sentEnd } ?? 0..<UInt64.max)
    }
    fin = fin ?? other.fin
    rst = rst ?? other.rst
    if let theirs = other.acknowledged, theirs.upTo > acknowledged?.upTo ?? 0 { acknowledged = theirs }
    if let end = close?.frame.range.upperBound {
      // The earliest is nearest to when it came: a capture with holes dates it late.
      let theirs = other.close?.frame.range.upperBound == end ? other.close?.acknowledged : nil
      if let theirs, close?.acknowledged.map({ theirs.precedes($0) }) ?? true { close?.acknowledged = theirs }
      if close?.acknowledged == nil {
        close?.acknowledged = acknowledged.flatMap { $0.upTo >= end ? $0.packet : nil }
      }
    }
    finAcknowledged = finAcknowledged ?? other.finAcknowledged
    acknowledgedAtPeerEnd = acknowledgedAtPeerEnd ?? other.acknowledgedAtPeerEnd
    sentEnd = max(sentEnd, other.sentEnd)
  }

  /// What an observation ended too early to see it lacks, too.
  func isMoreComplete(than other: LegStream) -> Bool {
    if (frames > 0) != (other.frames > 0) { return frames > 0 }
    let end = max(sentEnd, other.sentEnd)
    let (isWhole, isOtherWhole) = (isUnderstood && sentEnd == end, other.isUnderstood && other.sentEnd == end)
    if isWhole != isOtherWhole { return isWhole }
    return (gapBytes + (end - sentEnd), other.frames) < (other.gapBytes + (end - other.sentEnd), frames)
  }

  mutating func shiftClock(_ shift: ClockShift) {
    close = close.map { shift($0) }
    fin = fin.map { shift($0) }
    rst = rst.map { shift($0) }
    acknowledged = acknowledged.map { ($0.upTo, shift($0.packet)) }
    lastFrame = lastFrame.map { shift($0) }
    finAcknowledged = finAcknowledged.map { shift($0) }
    marks.mapPackets { shift($0) }
    if incidents.kept != nil { incidents.value.shiftClock(shift) }
  }

  /// Counts offsets from a byte that lies `count` bytes earlier.
  mutating func move(by count: UInt64) {
    close?.move(by: count)
    fin?.offset += count
    rst?.offset += count
    acknowledged?.upTo += count
    acknowledgedAtPeerEnd = acknowledgedAtPeerEnd.map { $0 + count }
    sentEnd += count
    marks.move(by: count)
    if incidents.kept != nil { incidents.value.move(by: count) }
    base = base.map { SequenceNumber($0.rawValue &- UInt32(truncatingIfNeeded: count)) }
  }
}
