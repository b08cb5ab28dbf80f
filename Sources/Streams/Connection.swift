import Capture

/// One connection among those of one capture, or one stream that another connection carries; never used twice.
package struct ConnectionID: Hashable, Sendable {
  /// Small and dense: connections that are over give their slot to later ones.
  package var slot: Int
  /// Tells the connections of one slot apart.
  package var serial: UInt64

  package init(slot: Int, serial: UInt64) {
    self.slot = slot
    self.serial = serial
  }
}

/// Who sent something: the client is the side that sent the SYN. Without a SYN in the capture it is
/// taken to be the side with the higher port. All stages look at it with every packet: so it can be inlined.
@usableFromInline @frozen package enum Side: Hashable, Sendable {
  case client, server

  @inlinable package var opposite: Side { self == .client ? .server : .client }

  @inlinable package static func == (a: Side, b: Side) -> Bool {
    switch (a, b) {
    case (.client, .client), (.server, .server): true
    default: false
    }
  }
}

/// A connection as its first packet shows it.
@usableFromInline package struct Connection: Hashable, Sendable {
  package var id: ConnectionID
  package var client: Endpoint
  package var server: Endpoint
  /// Whether the capture holds the SYN, and so the beginning of both streams.
  package var sawStart: Bool
  package var openedAt: PacketReference
  package var interface: UInt32?
  /// The network namespace: see `TCPSegment.realm`.
  package var realm: UInt16 = 0
  /// The HTTP/2 stream identifier, if this is a stream of an HTTP/2 connection between the same ends.
  package var http2Stream: UInt32?
  /// What a CONNECT asked for, if this is the stream inside of its tunnel: `host:port`.
  package var tunnel: String?

  package init(
    id: ConnectionID, client: Endpoint, server: Endpoint, sawStart: Bool, openedAt: PacketReference,
    interface: UInt32?, realm: UInt16 = 0
  ) {
    self.id = id
    self.client = client
    self.server = server
    self.sawStart = sawStart
    self.openedAt = openedAt
    self.interface = interface
    self.realm = realm
  }

  /// The same connection, its client and server exchanged: what was said showed who is who.
  package var flipped: Connection {
    var other = self
    (other.client, other.server) = (server, client)
    return other
  }
}
