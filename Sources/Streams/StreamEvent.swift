import Capture

/// A limit of the program itself, by the name of its option.
package enum StreamLimit: String, Hashable, Sendable {
  case maxHeldBytes, maxHeldSegments, maxTotalHeldBytes, maxConnections, idleTimeout
}

/// Why bytes that were on the wire are not in the stream.
package enum GapCause: Hashable, Sendable {
  /// No captured packet carries them.
  case notCaptured
  /// Their packet was cut by the capture's snaplen.
  case truncated
  /// Too much waited behind them: their packet may be in the capture, and would have come too late.
  case limit(StreamLimit)
  /// Nobody knows how many: frames of the connection that carries the stream are missing, headers and all. The
  /// range is one byte that stands for them, or for none; boundaries inside the stream are lost with it.
  case unknownLength
}

/// How one side ended its stream.
package enum EndKind: Hashable, Sendable {
  /// TCP's FIN, on the stream or on the connection that carries it.
  case fin
  /// TCP's RST.
  case rst
  /// HTTP/2: the last DATA or HEADERS frame says that it is the last (RFC 9113 §5.1).
  case endStream
  /// HTTP/2 RST_STREAM with its error code (RFC 9113 §6.4).
  case rstStream(UInt32)
  /// HTTP/2 GOAWAY that names no stream as late as this one (RFC 9113 §6.8).
  case goAway(UInt32)
}

extension EndKind {
  /// As reports call it.
  package var name: String {
    switch self {
    case .fin: "FIN"
    case .rst: "RST"
    case .endStream: "END_STREAM"
    case .rstStream: "RST_STREAM"
    case .goAway: "GOAWAY"
    }
  }

  /// The name of the HTTP/2 error code (RFC 9113 §7); its number if it has none.
  package var errorName: String? {
    switch self {
    case .rstStream(let code), .goAway(let code):
      Self.errorNames.indices.contains(Int(code)) ? Self.errorNames[Int(code)] : "error \(code)"
    case .fin, .rst, .endStream: nil
    }
  }

  private static let errorNames = [
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
    "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
  ]

  /// Whether the end stands behind all that was sent before: TCP's RST overtakes, the others cannot.
  package var isInOrder: Bool { self != .rst }

  /// Whether it is an abort, and not the orderly end of what was to be said.
  package var isAbort: Bool {
    switch self {
    case .fin, .endStream: false
    case .rst, .rstStream, .goAway: true
    }
  }
}

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

  /// The limit for which the connection was forgotten before it was over.
  package var limit: StreamLimit? {
    switch self {
    case .idle: .idleTimeout
    case .tableFull: .maxConnections
    case .ended, .reused, .captureEnded: nil
    }
  }
}

/// All that happens to a stream besides its bytes. `side` is the side whose stream it is about, the
/// sender of the bytes; offsets are stream offsets.
///
/// What is large comes once in a connection and is kept outside, so that the events of each packet stay small.
package enum StreamEvent: Hashable, Sendable {
  indirect case opened(Connection)
  /// The first of the connection's packets that were carried in something else.
  indirect case encapsulated(Encapsulation)
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
  /// An end after all bytes before it; or a RST, as soon as it is seen.
  case ended(Side, EndKind, at: UInt64, PacketReference)
  /// The client's stream began with a header of the PROXY protocol, which is no part of what the stream carries; what it
  /// carries begins at that offset.
  indirect case proxied(PROXYHeader, upTo: UInt64, PacketReference)
  /// TLS protects the connection; said again when more is known, the last one holds.
  indirect case secured(TLSDescription)
  /// A record whose content stays unknown: the key log has no secrets for it. `range` lies on the stream that
  /// carries it.
  case record(Side, TLSRecordDescription, range: Range<UInt64>, PacketReference)
  /// A TLS alert (RFC 8446 §6).
  case alert(Side, TLSAlert, PacketReference)
  /// HTTP/2: the stream was asked for with these header fields, and the answer had those. The stream's first
  /// byte is the first behind them.
  indirect case requested(HTTPFields, PacketReference)
  indirect case responded(HTTPFields, PacketReference)
  /// The last event of a connection.
  case closed(CloseReason)
}

extension StreamEvent {
  /// The side whose stream this is about; `nil` if it is about the connection.
  package var side: Side? {
    switch self {
    case .began(let side, _), .gap(let side, _, _, _), .acknowledged(let side, _, _),
      .retransmitted(let side, _, _), .window(let side, _, _), .ended(let side, _, _, _),
      .record(let side, _, _, _), .alert(let side, _, _):
      side
    case .requested, .proxied: .client
    case .responded: .server
    case .opened, .encapsulated, .secured, .closed: nil
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
    case .record(let side, let record, let range, let packet):
      .record(side.opposite, record, range: range, packet)
    case .alert(let side, let alert, let packet): .alert(side.opposite, alert, packet)
    // Who asked is known from the message itself.
    case .encapsulated, .proxied, .requested, .responded, .secured, .closed: self
    }
  }
}
