/// Everything that bounds what is kept in memory, so that it depends on these values and not on the capture.
///
/// Hitting one costs evidence and makes no verdict false: a session whose bytes were given up, or whose connection was
/// forgotten, is `undetermined`. Hits of the limits of packets and of TCP are counted. Lengths that a protocol itself limits
/// are no part of this.
package struct Limits: Hashable, Sendable {
  // MARK: Packets

  /// Layers of encapsulation around a packet (IP in IP, GRE, VXLAN, Geneve, MPLS).
  package var maxEncapsulations = 8
  /// Fragmented IP datagrams that wait for the rest of their fragments; the oldest makes room.
  package var maxFragmentedDatagrams = 1024
  /// Bytes of all fragments that wait.
  package var maxFragmentBytes = 16 << 20
  /// Fragments of one datagram.
  package var maxFragmentsPerDatagram = 256
  /// Seconds of capture time that a datagram may take to become complete (RFC 8200 §4.5 says 60, Linux 30).
  package var fragmentTimeout: Int64 = 30

  // MARK: TCP

  /// Out-of-order bytes kept per direction before the bytes missing in front of them are given up.
  package var maxHeldBytes = 4 << 20
  /// Out-of-order segments kept per direction.
  package var maxHeldSegments = 4096
  /// Out-of-order bytes kept in all directions together.
  package var maxTotalHeldBytes = 256 << 20
  /// Seconds of capture time that a missing piece may still arrive after its receiver acknowledged it:
  /// captures hold packets out of order.
  package var reorderPatience: Int64 = 1
  /// Seconds of silence after which a connection is forgotten.
  package var idleTimeout: Int64 = 3600
  /// Seconds for which packets of a connection that has ended are known to come late. Where a RST ended it, it is kept for
  /// as long: what comes may show that the RST was refused.
  package var lingerTime: Int64 = 2
  /// Milliseconds that a connection is kept whose FINs have been acknowledged: longer than captures and networks exchange
  /// packets, shorter than timers of TCP.
  package var finLingerTime: Int64 = 100
  /// Connections kept at once; beyond it the next one takes the place of the longest silent. Likewise those that have ended
  /// and are remembered.
  package var maxConnections = 1 << 20

  // MARK: What one side sent and only the other side explains, per connection

  /// Bytes of a client that wait for the server's 101, of either side that wait for the other's TLS hello.
  package var maxParkedBytes = 256 << 10
  /// Positions of carried bytes whose acknowledgment is awaited.
  package var maxCarriedPositions = 1 << 16

  // MARK: HTTP/1.1

  /// Bytes of a message's head. A longer one makes the rest of its stream unknown.
  package var maxHeadBytes = 64 << 10
  /// Requests that wait for their responses (pipelining).
  package var maxPendingRequests = 1024

  // MARK: TLS

  /// Connections of which a key log's secrets are kept.
  package var maxKeyLogConnections = 1 << 20
  /// Bytes of a handshake message.
  package var maxHandshakeBytes = 64 << 10
  /// Records kept of each direction of a connection without keys; of one with more the sum is not known.
  package var maxSealedRecords = 1 << 14

  // MARK: HTTP/2, per connection

  /// Streams that are open at once.
  package var maxHTTP2Streams = 1 << 16
  /// Bytes of a header block, compressed.
  package var maxHeaderBlockBytes = 256 << 10
  /// Bytes of a header list, as HPACK counts them.
  package var maxHeaderListBytes = 256 << 10
  /// Bytes of HPACK's dynamic table that a peer may ask for.
  package var maxHeaderTableBytes = 64 << 10
  /// Bytes that wait until the connection is understood.
  package var maxHTTP2HeldBytes = 256 << 10

  // MARK: Sessions

  /// Legs of one session. What more legs than that have in common is the habit of a program, or made up: it joins none.
  package var maxLegs = 32

  /// Encrypted legs among which the one in front of a session is looked for; among more it is unclear.
  package var maxFronts = 1024

  // MARK: Payload

  /// Payload bytes of one frame that `wsclose frames --payload` shows.
  package var maxShownPayload = 64 << 10

  package init() {}

  /// What holds unless it is told otherwise.
  package static let standard = Limits()
}
