import Capture

/// Where a piece of a stream lies, and which packet brought it.
package struct StreamChunk: Hashable, Sendable {
  /// The packet that completed the piece.
  package var packet: PacketReference
  package var side: Side
  /// Stream offset of the first byte: 0 is the stream's first.
  package var offset: UInt64
  package var connection: ConnectionID

  package init(connection: ConnectionID, side: Side, offset: UInt64, packet: PacketReference) {
    self.connection = connection
    self.side = side
    self.offset = offset
    self.packet = packet
  }
}

/// Takes the ordered streams of many connections. Bytes and gaps of one side come in stream order; the
/// two sides of a connection may be ahead of each other, so order between them is told by packets.
///
/// The stages between TCP and WebSocket are sinks that write to a sink: each turns the streams that carry
/// something into the streams that are carried, with offsets of their own.
package protocol StreamSink {
  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk)
  mutating func receive(_ event: StreamEvent, on connection: ConnectionID)
  /// Takes what `StreamEvent.acknowledged` tells: a call of its own, as every other packet does nothing else.
  mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID)
  /// Takes what the capture tells besides; a stage that writes to a sink passes it on.
  mutating func receive(_ notice: CaptureNotice)
}

extension StreamSink {
  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    receive(.acknowledged(side, upTo: upTo, packet), on: connection)
  }

  package mutating func receive(_ notice: CaptureNotice) {}
}
