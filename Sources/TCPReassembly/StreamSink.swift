import Capture

/// Where a piece of a stream lies, and which packet brought it.
package struct StreamChunk: Hashable, Sendable {
  package var connection: ConnectionID
  package var side: Side
  /// Stream offset of the first byte: 0 is the byte after the SYN.
  package var offset: UInt64
  package var packet: PacketReference

  package init(connection: ConnectionID, side: Side, offset: UInt64, packet: PacketReference) {
    self.connection = connection
    self.side = side
    self.offset = offset
    self.packet = packet
  }
}

/// Why bytes that were on the wire are not in the stream.
package enum GapCause: Hashable, Sendable {
  /// No captured packet carries them.
  case notCaptured
  /// Their packet was cut by the capture's snaplen.
  case truncated
}

package enum EndKind: Hashable, Sendable { case fin, rst }

package enum CloseReason: Hashable, Sendable {
  /// Both sides' FIN, or a RST.
  case ended
  /// A new connection between the same ports.
  case reused
  /// Silent for longer than the idle timeout.
  case idle
  /// More connections at once than the limit.
  case tableFull
  case captureEnded
}

/// All that happens to a stream besides its bytes. `side` is the side whose stream it is about, the
/// sender of the bytes; offsets are stream offsets.
package enum StreamEvent: Hashable, Sendable {
  case opened(Connection)
  /// The sequence number of offset 0. Equal on every capture of the same connection, also behind
  /// address translation.
  case began(Side, SequenceNumber)
  /// Bytes that are missing; what follows is `received` at the range's end.
  case gap(Side, Range<UInt64>, GapCause, PacketReference)
  /// The peer has acknowledged everything below `upTo`. Comes after the bytes or the gap up to there.
  case acknowledged(Side, upTo: UInt64, PacketReference)
  /// Bytes that had been seen before, sent once more; not the copy of a packet that was captured twice.
  case retransmitted(Side, Range<UInt64>, PacketReference)
  /// The peer's window closed (it can take no more of these bytes) or opened again.
  case window(Side, isOpen: Bool, PacketReference)
  /// A FIN, after all bytes before it; or a RST, as soon as it is seen.
  case ended(Side, EndKind, at: UInt64, PacketReference)
  /// The last event of a connection.
  case closed(CloseReason)
}

extension StreamEvent {
  /// The side whose stream this is about; `nil` if it is about the connection.
  package var side: Side? {
    switch self {
    case .began(let side, _), .gap(let side, _, _, _), .acknowledged(let side, _, _),
      .retransmitted(let side, _, _),
      .window(let side, _, _), .ended(let side, _, _, _):
      side
    case .opened, .closed: nil
    }
  }

  /// The same, with the sides exchanged.
  package var flipped: StreamEvent {
    switch self {
    case .opened(let connection): .opened(connection.flipped)
    case .began(let side, let sequence): .began(side.opposite, sequence)
    case .gap(let side, let range, let cause, let packet): .gap(side.opposite, range, cause, packet)
    case .acknowledged(let side, let upTo, let packet):
      .acknowledged(side.opposite, upTo: upTo, packet)
    case .retransmitted(let side, let range, let packet): .retransmitted(side.opposite, range, packet)
    case .window(let side, let isOpen, let packet): .window(side.opposite, isOpen: isOpen, packet)
    case .ended(let side, let kind, let offset, let packet):
      .ended(side.opposite, kind, at: offset, packet)
    case .closed: self
    }
  }
}

/// Takes the ordered streams of many connections. Bytes and gaps of one side come in stream order; the
/// two sides of a connection may be ahead of each other, so order between them is told by packets.
package protocol StreamSink {
  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk)
  mutating func receive(_ event: StreamEvent, on connection: ConnectionID)
}
