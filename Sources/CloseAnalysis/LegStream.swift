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
@usableFromInline package struct LegStream: Sendable {
  package let side: Side
  /// The sequence number of offset 0.
  package private(set) var base: SequenceNumber?
  package private(set) var frames: UInt64 = 0
  package private(set) var messages: UInt64 = 0
  package private(set) var payloadBytes: UInt64 = 0
  /// The first Close frame.
  package private(set) var close: SeenClose?
  /// A frame that the end of the stream cut, from its beginning to where the stream ended.
  package private(set) var cut: Range<UInt64>?
  /// The orderly end: FIN, or END_STREAM.
  package private(set) var fin: SeenEnd?
  /// The abort: RST, RST_STREAM or GOAWAY.
  package private(set) var rst: SeenEnd?
  /// The first TLS alert, such as close_notify.
  package private(set) var alert: (alert: TLSAlert, packet: PacketReference)?
  /// How far the receiver acknowledged, and since when.
  package private(set) var acknowledged: (upTo: UInt64, packet: PacketReference)?
  /// The first packet in which the receiver acknowledged the FIN.
  package private(set) var finAcknowledged: PacketReference?
  /// How far the receiver had acknowledged when it ended its own stream, with that packet at the latest: what
  /// came later came to nobody.
  package private(set) var acknowledgedAtPeerEnd: UInt64?
  private var peerEnd: PacketReference?
  package private(set) var retransmissions: UInt64 = 0
  /// The first gaps; `gapCount` and `gapBytes` tell of all.
  package private(set) var gaps: [SeenGap] = []
  package private(set) var gapCount: UInt64 = 0
  package private(set) var gapBytes: UInt64 = 0
  /// How many bytes a gap lacks is not known: what lies behind it has no place that can be compared with another leg's.
  package private(set) var hasGapOfUnknownLength = false
  /// The limit for which bytes were given up first.
  package private(set) var limit: StreamLimit?
  /// The first parts without known frame boundaries; an unending one stands last.
  package private(set) var lostParts: [LostPart] = []
  /// The end of the furthest byte that the capture tells of.
  package private(set) var sentEnd: UInt64 = 0
  package private(set) var violations = FrameViolations(rawValue: 0)
  /// The first data or Close frame behind the Close frame: there must be none (RFC 6455 §5.5.1).
  package private(set) var afterClose: (opcode: Opcode, packet: PacketReference)?
  /// The first frame of any kind behind the Close frame: Ping and Pong may be, but some clients mind.
  package private(set) var trailingFrame: (opcode: Opcode, packet: PacketReference)?
  /// Bytes behind the Close frame that make no whole frame.
  package private(set) var trailingBytes: UInt64 = 0
  /// The packet that completed the last frame.
  package private(set) var lastFrame: PacketReference?
  /// How often bytes of the Close frame were sent again.
  package private(set) var closeRetransmissions: UInt64 = 0
  /// When the receiver first had no room for more, and whether it still had none in the end.
  package private(set) var windowClosed: (first: PacketReference, count: UInt64, isClosed: Bool)?
  /// By which the frames are known again on another leg.
  package private(set) var marks = FrameMarks()
  private static let maxKept = 16

  package init(side: Side) { self.side = side }

  /// The first end of the stream: an abort after the sender's own orderly end adds nothing.
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

  /// Whether the receiver has acknowledged the Close frame.
  var isCloseAcknowledged: Bool { close?.acknowledged != nil }

  /// Whether it is known at each place what frame is there, so that no frame can have been overlooked.
  /// A single byte is too short for a frame: it is the FIN, acknowledged but not captured.
  package var isUnderstood: Bool {
    !hasGapOfUnknownLength && lostParts.allSatisfy { ($0.to ?? sentEnd) <= $0.from + 1 }
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
        trailingBytes = range.upperBound - range.lowerBound
      } else {
        cut = range
      }
    case .lost(_, let offset, let packet):
      if lostParts.count < Self.maxKept {
        lostParts.append(LostPart(from: offset, to: nil, packet: packet))
      } else {
        lostParts[lostParts.count - 1].to = nil
      }
    case .found(_, let offset, _):
      if let last = lostParts.indices.last { lostParts[last].to = offset }
    case .stream(let event): take(event)
    case .opened, .responded, .refuted, .payload, .frame: break
    }
  }

  mutating func count(_ frame: Frame) {
    frames += 1
    if !frame.header.opcode.isControl {
      payloadBytes += frame.header.payloadLength
      if frame.header.isFinal { messages += 1 }
    }
    if !frame.violations.isEmpty { note(frame.violations, of: frame) }
    lastFrame = frame.last
    marks.add(FrameMark(frame))
    sentEnd = max(sentEnd, frame.range.upperBound)
  }

  private mutating func note(_ found: FrameViolations, of frame: Frame) {
    violations.formUnion(found)
    if found.contains(.afterClose) {
      let following = (frame.header.opcode, frame.first)
      trailingFrame = trailingFrame ?? following
      let mayFollow = frame.header.opcode == .ping || frame.header.opcode == .pong
      // What breaks the rules for frames is none.
      if !mayFollow, found == .afterClose { afterClose = afterClose ?? following }
    }
  }

  private mutating func take(_ event: StreamEvent) {
    switch event {
    case .gap(_, let range, let cause, let packet):
      gapCount += 1
      gapBytes += range.upperBound - range.lowerBound
      if cause == .unknownLength { hasGapOfUnknownLength = true }
      if case .limit(let hit) = cause { limit = limit ?? hit }
      if gaps.count < Self.maxKept { gaps.append(SeenGap(range: range, cause: cause, packet: packet)) }
      sentEnd = max(sentEnd, range.upperBound)
    case .retransmitted(_, let range, _):
      retransmissions += 1
      if let frame = close?.frame, range.overlaps(frame.range) { closeRetransmissions += 1 }
    case .window(_, let isOpen, let packet):
      let before = windowClosed ?? (packet, 0, false)
      windowClosed = (before.first, before.count + (isOpen ? 0 : 1), !isOpen)
    case .ended(_, let kind, let offset, let packet):
      let end = SeenEnd(kind: kind, offset: offset, packet: packet)
      if kind.isInOrder { sentEnd = max(sentEnd, offset) }
      if kind.isAbort { rst = rst ?? end } else { fin = fin ?? end }
    case .began(_, let sequence): base = sequence
    case .alert(_, let alert, let packet): self.alert = self.alert ?? (alert, packet)
    case .opened, .closed, .acknowledged, .encapsulated, .secured, .record, .requested, .responded: break
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

  /// Takes from another observation what this one lacks. Both must begin at the same byte.
  mutating func fill(from other: LegStream) {
    if close == nil || close?.isCut == true, let better = other.close, !better.isCut { close = better }
    if other.isMoreComplete(than: self) {
      (frames, messages, payloadBytes) = (other.frames, other.messages, other.payloadBytes)
      (gaps, gapCount, gapBytes) = (other.gaps, other.gapCount, other.gapBytes)
      (hasGapOfUnknownLength, limit) = (other.hasGapOfUnknownLength, other.limit)
      (lostParts, cut, violations) = (other.lostParts, other.cut, other.violations)
      (marks, lastFrame, afterClose) = (other.marks, other.lastFrame, other.afterClose)
      (trailingFrame, trailingBytes) = (other.trailingFrame, other.trailingBytes)
    }
    fin = fin ?? other.fin
    rst = rst ?? other.rst
    alert = alert ?? other.alert
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
    windowClosed = windowClosed ?? other.windowClosed
    retransmissions = max(retransmissions, other.retransmissions)
    closeRetransmissions = max(closeRetransmissions, other.closeRetransmissions)
    sentEnd = max(sentEnd, other.sentEnd)
  }

  func isMoreComplete(than other: LegStream) -> Bool {
    if isUnderstood != other.isUnderstood { return isUnderstood }
    return (gapBytes, other.frames) < (other.gapBytes, frames)
  }

  mutating func shiftClock(_ shift: ClockShift) {
    close = close.map { shift($0) }
    fin = fin.map { shift($0) }
    rst = rst.map { shift($0) }
    alert = alert.map { ($0.alert, shift($0.packet)) }
    acknowledged = acknowledged.map { ($0.upTo, shift($0.packet)) }
    windowClosed = windowClosed.map { (shift($0.first), $0.count, $0.isClosed) }
    lastFrame = lastFrame.map { shift($0) }
    afterClose = afterClose.map { ($0.opcode, shift($0.packet)) }
    trailingFrame = trailingFrame.map { ($0.opcode, shift($0.packet)) }
    finAcknowledged = finAcknowledged.map { shift($0) }
    marks.mapPackets { shift($0) }
    for index in gaps.indices { gaps[index].packet = shift(gaps[index].packet) }
    for index in lostParts.indices { lostParts[index].packet = shift(lostParts[index].packet) }
  }

  /// Counts offsets from a byte that lies `count` bytes earlier.
  mutating func move(by count: UInt64) {
    close?.move(by: count)
    cut = cut?.moved(by: count)
    fin?.offset += count
    rst?.offset += count
    acknowledged?.upTo += count
    acknowledgedAtPeerEnd = acknowledgedAtPeerEnd.map { $0 + count }
    sentEnd += count
    marks.move(by: count)
    for index in gaps.indices { gaps[index].range = gaps[index].range.moved(by: count) }
    for index in lostParts.indices {
      lostParts[index].from += count
      lostParts[index].to = lostParts[index].to.map { $0 + count }
    }
    base = base.map { SequenceNumber($0.rawValue &- UInt32(truncatingIfNeeded: count)) }
  }
}
