import Capture

/// What begins another connection between the ends of one that is not over: a SYN, or bytes far from a stream of which
/// nothing else is known. It may be forged or a stray, and the real peer answers it with a challenge ACK (RFC 9293
/// §3.10.7.4, RFC 5961 §4): it is believed when something confirms it.
struct TentativeOpening {
  var segment: TCPSegment
  let bytes: [UInt8]

  init(_ segment: TCPSegment, in frame: Span<UInt8>) {
    self.segment = segment
    bytes = [UInt8](frame, segment.payload)
    self.segment.payload = 0..<bytes.count
  }

  /// There is one at most; only its bytes add up.
  var cost: Int { bytes.count }
  var isSYN: Bool { segment.flags.contains(.syn) }

  /// Counts it as one that nothing confirmed. What is no SYN is counted with the segments outside the window.
  func count(in statistics: inout ReassemblyStatistics) {
    if isSYN { statistics.ignoredSYNs += 1 }
  }

  /// Whether a SYN is this one, sent again.
  func isRepeated(by other: TCPSegment) -> Bool {
    other.source == segment.source && other.sequence == segment.sequence && other.flags == segment.flags
  }

  /// Whether a segment continues exactly what this one began.
  ///
  /// - Parameter fits: whether it is one of the connection that is not over, too.
  func isConfirmed(by other: TCPSegment, fits: Bool) -> Bool {
    let first = isSYN ? segment.sequence + 1 : segment.sequence
    let length = Int64(segment.payloadLength)
    if other.source == segment.source, other.source != other.destination {
      guard other.flags.isDisjoint(with: [.syn, .rst]), !fits else { return false }
      let distance = Int64(other.sequence.distance(from: first))
      return isSYN ? distance == 0 || distance == length : distance == length && other.payloadLength > 0
    }
    guard other.flags.contains(.ack) else { return false }
    let distance = Int64(other.acknowledgment.distance(from: first))
    guard (isSYN ? 0...length : 1...max(length, 1)).contains(distance) else { return false }
    if isSYN, !segment.flags.contains(.ack), other.flags.contains(.syn) { return true }
    return !fits
  }
}
