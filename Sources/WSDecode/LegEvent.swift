import Capture
import Streams

/// One hop of a WebSocket: what follows an upgrade request on a connection.
@usableFromInline @frozen package struct LegID: Hashable, Comparable, Sendable {
  /// Counts the legs of a capture; never used twice.
  @usableFromInline package var rawValue: Int
  /// Where to keep what is known of it: small and dense, as legs that are over give their slot to later ones.
  @usableFromInline package var slot: Int

  package init(rawValue: Int, slot: Int = 0) {
    self.rawValue = rawValue
    self.slot = slot
  }

  /// Where there is no leg, or none yet: they count from 1.
  package static let noLeg = LegID(rawValue: 0)

  // The number alone tells.
  @inlinable package static func == (a: LegID, b: LegID) -> Bool { a.rawValue == b.rawValue }
  @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
  /// In the order in which they began.
  @inlinable package static func < (a: LegID, b: LegID) -> Bool { a.rawValue < b.rawValue }
}

/// What is wrong with a frame (RFC 6455 §5).
@usableFromInline @frozen package struct FrameViolations: OptionSet, Hashable, Sendable {
  @usableFromInline package let rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable package static var reservedBits: FrameViolations { FrameViolations(rawValue: 1) }
  @inlinable package static var reservedOpcode: FrameViolations { FrameViolations(rawValue: 2) }
  /// A client's frame without a mask, or a server's with one.
  @inlinable package static var masking: FrameViolations { FrameViolations(rawValue: 4) }
  @inlinable package static var longControl: FrameViolations { FrameViolations(rawValue: 8) }
  @inlinable package static var fragmentedControl: FrameViolations { FrameViolations(rawValue: 16) }
  @inlinable package static var longLength: FrameViolations { FrameViolations(rawValue: 32) }
  /// A continuation of nothing, or a new message inside another.
  @inlinable package static var fragmentOrder: FrameViolations { FrameViolations(rawValue: 64) }
  /// Anything behind a Close frame of the same side.
  @inlinable package static var afterClose: FrameViolations { FrameViolations(rawValue: 128) }

  /// What makes a Close frame's header one that clients fail on: a reserved bit, no FIN bit, more than 125 bytes, or a
  /// length that is not in its shortest form.
  package var hasBrokenHeader: Bool {
    !isDisjoint(with: [.reservedBits, .fragmentedControl, .longControl, .longLength])
  }
}

/// A frame as it was on the wire.
package struct Frame: Hashable, Sendable {
  package var side: Side
  package var header: FrameHeader
  /// Stream offsets, header and payload. The payload may be cut: see `missing`.
  package var range: Range<UInt64>
  /// The packet with its first byte.
  package var first: PacketReference
  /// The packet with its last byte. Where the capture lacks that: what told that it had passed, and for a control frame,
  /// which is short, the packet that completed the header.
  package var last: PacketReference
  /// Payload bytes that the capture does not hold.
  package var missing: UInt64 = 0
  package var violations: FrameViolations = []
  /// A digest of the first payload bytes as they were on the wire: it helps to know the frame again. 0 if
  /// the capture does not hold them all (`PayloadSample`).
  package var sample: UInt64 = 0
}

/// A frame that lies in one packet from its first byte to its last one, as nearly all do. What is the same for all frames of
/// a packet is told beside them.
package struct WholeFrame: Hashable, Sendable {
  package var header: FrameHeader
  package var violations: FrameViolations
  /// Stream offset of its first byte.
  package var offset: UInt64
  /// As in `Frame`.
  package var sample: UInt64

  /// Where the next frame begins.
  package var end: UInt64 { offset + UInt64(header.byteCount) + header.payloadLength }
}

extension WholeFrame {
  /// What of a frame does not depend on the packets in which it lies.
  package init(_ frame: Frame) {
    self.init(
      header: frame.header, violations: frame.violations, offset: frame.range.lowerBound, sample: frame.sample
    )
  }
}

extension Frame {
  package init(_ whole: WholeFrame, of side: Side, in packet: PacketReference) {
    self.init(
      side: side, header: whole.header, range: whole.offset..<whole.end, first: packet, last: packet,
      violations: whole.violations, sample: whole.sample)
  }
}

/// What happened on a leg; `Side` is the side whose stream it is about. As with the streams below, what is
/// said of one side comes in stream order, and order between the sides is told by packets.
package enum LegEvent: Hashable, Sendable {
  indirect case opened(LegOpening)
  indirect case responded(UpgradeResponse)
  /// The first payload bytes of the frame that comes next, unmasked and decompressed: if they were asked for, and are known.
  case payload(Side, [UInt8])
  /// A frame is complete; for a Close frame `close` follows.
  indirect case frame(Frame)
  /// A Close frame. It may have been cut: then `cut` came before.
  indirect case close(Frame, CloseBody)
  /// The stream ended inside a frame that began at the range's beginning and came as far as its end; the
  /// frame is told if its header was complete.
  indirect case cut(Side, Range<UInt64>, Frame?)
  /// Frame boundaries are unknown from here on.
  case lost(Side, at: UInt64, PacketReference)
  /// Frame boundaries are known again from here on.
  case found(Side, at: UInt64, PacketReference)
  /// Bytes of which the frame boundaries are unknown came as far as this: told when the stream has ended.
  case passed(Side, upTo: UInt64)
  /// What was picked up is no WebSocket after all: nothing that was told of it holds. The last event.
  case refuted
  /// What the stream below said of its side.
  case stream(StreamEvent)
}

/// How a leg begins.
package struct LegOpening: Hashable, Sendable {
  package var connection: Connection
  /// `nil` if it was not captured.
  package var request: UpgradeRequest?
  /// The leg was recognised by its frames: the capture began later than the connection.
  package var isPickedUp = false
  /// TLS hides what the connection carries: the leg may be a WebSocket's or anything else's, and consists of
  /// records.
  package var isSealed = false
}

/// Takes the legs of many connections. `closed` of the stream below is a leg's last event, or `refuted`.
package protocol LegSink {
  mutating func receive(_ event: consuming LegEvent, on leg: LegID)
  /// Takes what `LegEvent.frame` tells.
  mutating func receive(_ frame: Frame, on leg: LegID)
  /// Takes the frames of one side that lie in a packet: a call of its own, as nearly all that happens on a leg is frames, and
  /// small ones come many at once.
  mutating func receive(_ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID)
  /// Takes what `StreamEvent.acknowledged` tells of the stream below.
  mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID)
  /// Takes what the capture tells besides.
  mutating func receive(_ notice: CaptureNotice)
}

extension LegSink {
  package mutating func receive(_ frame: Frame, on leg: LegID) { receive(.frame(frame), on: leg) }
  package mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    for index in frames.indices { receive(Frame(frames[index], of: side, in: packet), on: leg) }
  }
  package mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID) {
    receive(.stream(.acknowledged(side, upTo: upTo, packet)), on: leg)
  }
  package mutating func receive(_ notice: CaptureNotice) {}
}
