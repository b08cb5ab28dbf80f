import Capture
import Streams

/// A RST that its receiver may have accepted. It is told when the connection is over: until then both sides may show that
/// they go on. Only a number that is exactly the next one is sure to be accepted (RFC 5961 §3); others are answered with
/// a challenge ACK, and most of those are forged, or late.
struct PendingReset {
  let segment: TCPSegment
  let side: Side
  let offset: UInt64
  let isExact: Bool
  /// How far each side had sent, and how far the RST's sender had acknowledged. A FIN counts as a byte, also one that
  /// was not captured.
  private let sent: UInt64
  private let peerSent: UInt64
  private let peerAcknowledged: UInt64
  /// Its sender has sent more.
  private var goesOn = false

  init(_ segment: TCPSegment, at offset: UInt64, from sender: HalfStream, to receiver: HalfStream) {
    self.segment = segment
    side = sender.side
    self.offset = offset
    sent = max(sender.next, sender.sent, sender.acknowledged) + 1
    peerSent = max(receiver.next, receiver.sent, receiver.acknowledged) + 1
    peerAcknowledged = receiver.acknowledged
    isExact = !sender.hasBegun || (sender.acknowledged...max(sent, sender.acknowledged)).contains(offset)
  }

  /// Whether a segment that is no RST, of `side`, shows that the connection has survived: what either side sent later
  /// was acknowledged; or this one's sender goes on longer after it than packets are exchanged.
  ///
  /// - Parameters:
  ///   - sender: the stream of the RST's sender after that segment; `receiver` the other one.
  ///   - patience: seconds.
  mutating func isRefuted(
    by other: TCPSegment, of side: Side, _ sender: HalfStream, _ receiver: HalfStream, patience: Int64
  ) -> Bool {
    if side == self.side {
      if other.payloadLength > 0 || other.flags.contains(.fin), max(sender.next, sender.sent) >= sent {
        goesOn = true
      }
      let isLater = other.packet.time >= segment.packet.time.advanced(bySeconds: patience)
      if isLater, goesOn || receiver.acknowledged > peerAcknowledged { return true }
      return receiver.acknowledged > peerSent
    }
    return goesOn && sender.acknowledged > sent
  }
}
