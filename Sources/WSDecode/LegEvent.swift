import Capture
import Streams

/// One hop of a WebSocket: what follows an upgrade request on a connection.
package struct LegID: Hashable, Sendable {
  /// Counts the legs of a capture; never used twice.
  package var rawValue: Int
  /// Where to keep what is known of it: small and dense, as legs that are over give their slot to later ones.
  package var slot: Int

  package init(rawValue: Int, slot: Int = 0) {
    self.rawValue = rawValue
    self.slot = slot
  }

  // The number alone tells.
  package static func == (a: LegID, b: LegID) -> Bool { a.rawValue == b.rawValue }
  package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// What is wrong with a frame (RFC 6455 §5).
package struct FrameViolations: OptionSet, Hashable, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let reservedBits = FrameViolations(rawValue: 1)
  package static let reservedOpcode = FrameViolations(rawValue: 2)
  /// A client's frame without a mask, or a server's with one.
  package static let masking = FrameViolations(rawValue: 4)
  package static let longControl = FrameViolations(rawValue: 8)
  package static let fragmentedControl = FrameViolations(rawValue: 16)
  package static let longLength = FrameViolations(rawValue: 32)
  /// A continuation of nothing, or a new message inside another.
  package static let fragmentOrder = FrameViolations(rawValue: 64)
  /// Anything behind a Close frame of the same side.
  package static let afterClose = FrameViolations(rawValue: 128)

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
  /// The packet with its last byte, or with what told that the last byte had passed.
  package var last: PacketReference
  /// Payload bytes that the capture does not hold.
  package var missing: UInt64 = 0
  package var violations: FrameViolations = []
  /// A digest of the first payload bytes as they were on the wire: it helps to know the frame again. 0 if
  /// the capture does not hold them all.
  package var sample: UInt64 = 0
  /// The payload's first bytes, unmasked and decompressed; `nil` unless asked for, or if unknown.
  package var payload: [UInt8]?
}

/// What happened on a leg; `Side` is the side whose stream it is about. As with the streams below, what is
/// said of one side comes in stream order, and order between the sides is told by packets.
package enum LegEvent: Hashable, Sendable {
  indirect case opened(LegOpening)
  indirect case responded(UpgradeResponse)
  /// A frame is complete; for a Close frame `close` follows.
  case frame(Frame)
  /// A Close frame. It may have been cut: then `cut` came before.
  case close(Frame, CloseBody)
  /// The stream ended inside a frame that began at the range's beginning and came as far as its end; the
  /// frame is told if its header was complete.
  case cut(Side, Range<UInt64>, Frame?)
  /// Frame boundaries are unknown from here on.
  case lost(Side, at: UInt64, PacketReference)
  /// Frame boundaries are known again from here on.
  case found(Side, at: UInt64, PacketReference)
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
  mutating func receive(_ event: LegEvent, on leg: LegID)
  /// Takes what a live capture tells besides.
  mutating func receive(_ notice: CaptureNotice)
}

extension LegSink {
  package mutating func receive(_ notice: CaptureNotice) {}
}
