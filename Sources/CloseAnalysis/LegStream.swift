import Capture
import TCPReassembly
import WSDecode

/// A FIN or a RST, and where in its sender's stream it lies.
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
package struct LegStream: Sendable {
  package let side: Side
  package private(set) var frames: UInt64 = 0
  package private(set) var messages: UInt64 = 0
  package private(set) var payloadBytes: UInt64 = 0
  /// The first Close frame.
  package private(set) var close: SeenClose?
  /// A frame that the end of the stream cut, from its beginning to where the stream ended.
  package private(set) var cut: Range<UInt64>?
  package private(set) var fin: SeenEnd?
  package private(set) var rst: SeenEnd?
  /// How far the receiver acknowledged, and since when.
  package private(set) var acknowledged: (upTo: UInt64, packet: PacketReference)?
  package private(set) var retransmissions: UInt64 = 0
  /// The first gaps; `gapCount` and `gapBytes` tell of all.
  package private(set) var gaps: [SeenGap] = []
  package private(set) var gapCount: UInt64 = 0
  package private(set) var gapBytes: UInt64 = 0
  /// The first parts without known frame boundaries; an unending one stands last.
  package private(set) var lostParts: [LostPart] = []
  /// The end of the furthest byte that the capture tells of.
  package private(set) var sentEnd: UInt64 = 0
  package private(set) var violations: FrameViolations = []
  private static let maxKept = 16

  package init(side: Side) { self.side = side }

  /// The first end of the stream: a RST after the sender's own FIN adds nothing.
  package var end: SeenEnd? {
    guard let fin, let rst else { return fin ?? rst }
    return rst.packet.precedes(fin.packet) ? rst : fin
  }

  /// Whether it is known at each place what frame is there, so that no frame can have been overlooked.
  /// A single byte is too short for a frame: it is the FIN, acknowledged but not captured.
  package var isUnderstood: Bool {
    lostParts.allSatisfy { ($0.to ?? sentEnd) <= $0.from + 1 }
  }

  package var isTruncated: Bool { gaps.contains { $0.cause == .truncated } }

  /// The handshake ends here: what follows are frames.
  mutating func beginFrames(at offset: UInt64) { sentEnd = max(sentEnd, offset) }

  mutating func take(_ event: LegEvent) {
    switch event {
    case .frame(let frame): count(frame)
    case .close(let frame, let body):
      guard close == nil else { return }
      close = SeenClose(frame: frame, body: body, isCut: cut?.lowerBound == frame.range.lowerBound)
    case .cut(_, let range, _):
      cut = range
      sentEnd = max(sentEnd, range.upperBound)
    case .lost(_, let offset, let packet):
      if lostParts.count < Self.maxKept {
        lostParts.append(LostPart(from: offset, to: nil, packet: packet))
      } else {
        lostParts[lostParts.count - 1].to = nil
      }
    case .found(_, let offset, _):
      if let last = lostParts.indices.last { lostParts[last].to = offset }
    case .stream(let event): take(event)
    case .opened, .responded: break
    }
  }

  private mutating func count(_ frame: Frame) {
    frames += 1
    if !frame.header.opcode.isControl {
      payloadBytes += frame.header.payloadLength
      if frame.header.isFinal { messages += 1 }
    }
    violations.formUnion(frame.violations)
    sentEnd = max(sentEnd, frame.range.upperBound)
  }

  private mutating func take(_ event: StreamEvent) {
    switch event {
    case .gap(_, let range, let cause, let packet):
      gapCount += 1
      gapBytes += range.upperBound - range.lowerBound
      if gaps.count < Self.maxKept { gaps.append(SeenGap(range: range, cause: cause, packet: packet)) }
      sentEnd = max(sentEnd, range.upperBound)
    case .acknowledged(_, let upTo, let packet):
      acknowledged = (upTo, packet)
      if let frame = close?.frame, close?.acknowledged == nil, upTo >= frame.range.upperBound {
        close?.acknowledged = packet
      }
    case .retransmitted: retransmissions += 1
    case .ended(_, .fin, let offset, let packet):
      fin = SeenEnd(kind: .fin, offset: offset, packet: packet)
      sentEnd = max(sentEnd, offset)
    case .ended(_, .rst, let offset, let packet):
      rst = SeenEnd(kind: .rst, offset: offset, packet: packet)
    case .opened, .closed: break
    }
  }
}
