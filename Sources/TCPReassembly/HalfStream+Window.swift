import Capture
import Streams

/// What a receiver would accept (RFC 9293 §3.10.7.4, RFC 5961), as far as the capture shows its window. A capture loses
/// packets, so that what lies outside may be real: it is set aside until something else agrees.
extension HalfStream {
  enum Standing: Equatable {
    case acceptable
    /// Outside of the window, but not of any: it may be real if packets are missing.
    case doubtful
    case impossible
  }

  /// RFC 7323 §2.3.
  static let largestWindow: Int64 = 1 << 30

  /// Moves the window's right edge: the peer advertises `window` bytes from `number` on.
  mutating func advertise(_ window: UInt64, isGuess: Bool, from number: SequenceNumber) {
    let edge = offset(of: number) + Int64(clamping: window)
    facts.insert(isGuess ? [.windowKnown, .windowGuessed] : .windowKnown)
    if edge > Int64(clamping: windowEnd) { windowEnd = UInt64(edge) }
  }

  /// Of a segment of this stream's sender.
  @inline(__always)
  func standing(of segment: TCPSegment) -> Standing {
    guard hasBegun else { return standingBeforeBeginning(of: segment) }
    let start = offset(of: segment.sequence)
    let end = start + Int64(segment.payloadLength)
    guard end >= Int64(clamping: acknowledged) - Self.positionSlack else { return .impossible }
    // What follows the bytes that are known needs no window: it is the acknowledgment that opened it that is missing.
    // The FIN has a number of its own.
    if start <= Int64(clamping: max(next, sent)) + 1 { return .acceptable }
    let isFar = start - Int64(clamping: max(next, acknowledged)) > Self.largestWindow
    let isKnown = facts.contains(.windowKnown)
    if segment.flags.contains(.rst), !isKnown || facts.contains(.windowGuessed),
      start > Int64(clamping: max(next, sent, acknowledged)) + Self.positionSlack
    {
      return isKnown && !isFar ? .doubtful : .impossible
    }
    guard isKnown else { return isFar ? .impossible : .acceptable }
    // A zero-window probe is one byte.
    if end <= Int64(clamping: windowEnd) + 1 { return .acceptable }
    return isFar ? .impossible : .doubtful
  }

  /// Before anything of the stream was seen, what the peer has asked for tells where it is.
  private func standingBeforeBeginning(of segment: TCPSegment) -> Standing {
    guard let early = waiting.first?.early else { return .acceptable }
    let distance = Int64(segment.sequence.distance(from: early.number))
    let isNear =
      distance >= -Self.positionSlack && distance <= max(Int64(clamping: early.window), Self.positionSlack)
    return isNear ? .acceptable : .doubtful
  }

  /// Of an acknowledgment number that the peer sent.
  func standing(ofAcknowledgment number: SequenceNumber) -> Standing {
    guard hasBegun else { return .acceptable }
    let offset = offset(of: number)
    if offset <= Int64(clamping: max(next, sent)) + 1 {
      return offset >= Int64(clamping: acknowledged) - Self.positionSlack ? .acceptable : .impossible
    }
    let isFar = offset - Int64(clamping: max(next, sent)) > Self.largestWindow
    guard facts.contains(.windowKnown) else { return isFar ? .impossible : .acceptable }
    if offset <= Int64(clamping: windowEnd) + 1 { return .acceptable }
    return isFar ? .impossible : .doubtful
  }

  /// Whether an acknowledgment speaks of what this stream's SYN, or the bytes on it, need.
  func isAnswered(by number: SequenceNumber) -> Bool {
    hasBegun && (0...Int64(clamping: max(next, sent))).contains(offset(of: number))
  }

  /// Whether something is missing in front of a segment.
  func lacksBytes(before segment: TCPSegment) -> Bool {
    hasBegun && offset(of: segment.sequence) > Int64(clamping: next)
  }
}
