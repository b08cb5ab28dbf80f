import Capture
import Streams
import WSDecode

/// What happens on few streams: bytes that are missing or came again, and what must not be there.
struct StreamIncidents: Blank, Sendable {
  /// A frame that the end of the stream cut, from its beginning to where the stream ended.
  var cut: Range<UInt64>?
  /// The first TLS alert, such as close_notify.
  var alert: (alert: TLSAlert, packet: PacketReference)?
  var retransmissions: UInt64 = 0
  /// How often bytes of the Close frame were sent again.
  var closeRetransmissions: UInt64 = 0
  /// When the receiver first had no room for more, and whether it still had none in the end.
  private(set) var windowClosed: (first: PacketReference, count: UInt64, isClosed: Bool)?
  /// The first gaps; `gapCount` and `gapBytes` tell of all.
  private(set) var gaps: [SeenGap] = []
  private(set) var gapCount: UInt64 = 0
  private(set) var gapBytes: UInt64 = 0
  private(set) var hasGapOfUnknownLength = false
  /// The limit for which bytes were given up first.
  private(set) var limit: StreamLimit?
  /// The first parts without known frame boundaries; an unending one stands last.
  private(set) var lostParts: [LostPart] = []
  private(set) var violations = FrameViolations(rawValue: 0)
  /// The first data or Close frame behind the Close frame.
  private(set) var afterClose: (opcode: Opcode, packet: PacketReference)?
  /// The first frame of any kind behind the Close frame.
  private(set) var trailingFrame: (opcode: Opcode, packet: PacketReference)?
  /// Bytes behind the Close frame that make no whole frame.
  var trailingBytes: UInt64 = 0

  private static let maxKept = 16

  mutating func add(_ gap: SeenGap) {
    gapCount += 1
    gapBytes += gap.range.upperBound - gap.range.lowerBound
    if gap.cause == .unknownLength { hasGapOfUnknownLength = true }
    if case .limit(let hit) = gap.cause { limit = limit ?? hit }
    if gaps.count < Self.maxKept { gaps.append(gap) }
  }

  mutating func loseFrames(at offset: UInt64, _ packet: PacketReference) {
    if lostParts.count < Self.maxKept {
      lostParts.append(LostPart(from: offset, to: nil, packet: packet))
    } else {
      lostParts[lostParts.count - 1].to = nil
    }
  }

  mutating func findFrames(at offset: UInt64) {
    if let last = lostParts.indices.last { lostParts[last].to = offset }
  }

  mutating func noteWindow(isOpen: Bool, _ packet: PacketReference) {
    let before = windowClosed ?? (packet, 0, false)
    windowClosed = (before.first, before.count + (isOpen ? 0 : 1), !isOpen)
  }

  /// - Parameter packet: that with the frame's first byte.
  mutating func note(_ found: FrameViolations, of opcode: Opcode, in packet: PacketReference) {
    violations.formUnion(found)
    if found.contains(.afterClose) {
      let following = (opcode, packet)
      trailingFrame = trailingFrame ?? following
      let mayFollow = opcode == .ping || opcode == .pong
      // What breaks the rules for frames is none.
      if !mayFollow, found == .afterClose { afterClose = afterClose ?? following }
    }
  }

  // MARK: Several observations of one stream

  /// - Parameters:
  ///   - isMoreComplete: whether the other observation lacks less of the stream's bytes.
  ///   - whole: what the one that lacks less has seen of the stream, gaps and all.
  mutating func fill(from other: StreamIncidents, isMoreComplete: Bool, whole: Range<UInt64>) {
    let less = isMoreComplete ? self : other
    if isMoreComplete {
      (gaps, gapCount, gapBytes) = (other.gaps, other.gapCount, other.gapBytes)
      (hasGapOfUnknownLength, limit) = (other.hasGapOfUnknownLength, other.limit)
      (lostParts, cut, violations) = (other.lostParts, other.cut, other.violations)
      (afterClose, trailingFrame, trailingBytes) = (
        other.afterClose, other.trailingFrame, other.trailingBytes
      )
    }
    takeMissing(from: less, outside: whole)
    alert = alert ?? other.alert
    windowClosed = windowClosed ?? other.windowClosed
    retransmissions = max(retransmissions, other.retransmissions)
    closeRetransmissions = max(closeRetransmissions, other.closeRetransmissions)
  }

  /// Where the observation that lacks less has seen nothing, the other one's gaps stay gaps.
  private mutating func takeMissing(from other: StreamIncidents, outside whole: Range<UInt64>) {
    for gap in other.gaps {
      for range in gap.range.parts(outside: whole) {
        add(SeenGap(range: range, cause: gap.cause, packet: gap.packet))
      }
    }
    for part in other.lostParts {
      for range in (part.from..<(part.to ?? .max)).parts(outside: whole) where lostParts.count < Self.maxKept
      {
        let end = range.upperBound == .max ? nil : range.upperBound
        lostParts.append(LostPart(from: range.lowerBound, to: end, packet: part.packet))
      }
    }
    gaps.sort { $0.range.lowerBound < $1.range.lowerBound }
    lostParts.sort { $0.from < $1.from }
  }

  mutating func shiftClock(_ shift: ClockShift) {
    alert = alert.map { ($0.alert, shift($0.packet)) }
    windowClosed = windowClosed.map { (shift($0.first), $0.count, $0.isClosed) }
    afterClose = afterClose.map { ($0.opcode, shift($0.packet)) }
    trailingFrame = trailingFrame.map { ($0.opcode, shift($0.packet)) }
    for index in gaps.indices { gaps[index].packet = shift(gaps[index].packet) }
    for index in lostParts.indices { lostParts[index].packet = shift(lostParts[index].packet) }
  }

  /// Counts offsets from a byte that lies `count` bytes earlier.
  mutating func move(by count: UInt64) {
    cut = cut?.moved(by: count)
    for index in gaps.indices { gaps[index].range = gaps[index].range.moved(by: count) }
    for index in lostParts.indices {
      lostParts[index].from += count
      lostParts[index].to = lostParts[index].to.map { $0 + count }
    }
  }
}

extension Range<UInt64> {
  /// What of it lies in front of another range and behind it.
  fileprivate func parts(outside other: Range<UInt64>) -> [Range<UInt64>] {
    let front = lowerBound..<Swift.max(lowerBound, Swift.min(upperBound, other.lowerBound))
    let back = Swift.min(upperBound, Swift.max(lowerBound, other.upperBound))..<upperBound
    return [front, back].filter { !$0.isEmpty }
  }
}
