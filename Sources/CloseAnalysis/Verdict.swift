import Capture
import Streams
import WSDecode

/// Did the server's Close frame reach the client before the teardown?
package enum Verdict: String, CaseIterable, Sendable {
  case delivered, lost, absent, undetermined, open

  package var closeBeforeTeardown: Bool? {
    switch self {
    case .delivered: true
    case .lost, .absent: false
    case .undetermined, .open: nil
    }
  }
}

/// Why the capture cannot tell.
package enum UndeterminedReason: String, CaseIterable, Sendable {
  /// Bytes that are not in the capture may have held the Close frame.
  case gap
  /// The capture holds only the beginning of packets.
  case truncated
  /// Only one direction was captured.
  case oneSided = "one-sided"
  case captureEnded = "capture-ended"
  /// A limit of the program itself was hit: it gave up bytes, or forgot the connection before it was over.
  case limit
  /// TLS hides the leg on which the Close frame would have to be, and what crossed it cannot be counted.
  case encrypted
  /// The Close frame was sent and its acknowledgment was not seen.
  case unacknowledged
  /// A live capture dropped packets, and the verdict hangs on one that was not seen.
  case dropped
}

/// What proves that the Close frame arrived, strongest first.
package enum Proof: String, Sendable {
  /// The client answered with its own Close frame.
  case echoed
  /// The client's ACK covers the frame's last byte: its kernel has it.
  case acknowledged
  /// On the wire; no ACK was seen.
  case sent
  /// Not on this leg.
  case none
}

/// How the Close frame came to the client side of the client-most leg.
package struct Delivery: Sendable {
  package var proof: Proof
  /// The packet that gives the proof.
  package var packet: PacketReference?
  /// Seconds from the server's Close frame on the server-most captured leg to the proof.
  package var latency: Double?
  /// The frame itself was not captured on this leg, or is encrypted there: its place follows from the leg behind.
  package var isInferred = false
}

package enum TeardownParty: String, CaseIterable, Sendable { case client, proxy, server, unknown }

/// What ended the client-most captured leg.
package struct Teardown: Sendable {
  package var by: TeardownParty
  package var end: SeenEnd
  /// Seconds since the server's Close frame on the same leg; `nil` if it is not on that leg.
  package var afterClose: Double?
}

/// The server's Close frame as the server-most leg that carries it shows it.
package struct ServerClose: Sendable {
  package var initiator: Side
  package var seen: SeenClose
  /// The leg, as an index of the session's legs.
  package var leg: Int
}
