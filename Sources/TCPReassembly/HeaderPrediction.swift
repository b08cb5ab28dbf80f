import Capture
import Streams

/// Header prediction (RFC 7323 §5.6): nearly every segment is what comes next on a connection of which nothing is missing
/// and nothing is doubted, and needs none of the questions that `Exchange.take` asks of others.
enum HeaderPrediction {
  private static let unexpected: TCPFlags = [.syn, .fin, .rst, .urg]

  /// Takes a segment that is as expected, just as `Exchange.take` would.
  ///
  /// - Returns: false if it is not, and nothing has changed.
  static func take(
    _ segment: TCPSegment, in frame: Span<UInt8>, from sender: inout HalfStream,
    _ recent: inout RecentSegments, to receiver: inout HalfStream, _ id: ConnectionID,
    _ sink: inout some StreamSink
  ) -> Bool {
    guard isExpected(segment, from: sender, to: receiver) else { return false }
    sender.takeNext(segment, in: frame, &recent, on: id, &sink)
    Exchange.takeAcknowledgment(of: segment, sender.scale, to: &receiver, id, &sink)
    return true
  }

  @inline(__always)
  private static func isExpected(
    _ segment: TCPSegment, from sender: HalfStream, to receiver: HalfStream
  ) -> Bool {
    segment.flags.rawValue & unexpected.rawValue == 0 && segment.flags.contains(.ack)
      && segment.window > 0 && segment.payload.count == segment.payloadLength
      && sender.isWhole && sender.isNext(segment.sequence)
      && receiver.isWhole && !receiver.facts.contains(.windowClosed)
      && receiver.isPlausible(acknowledgment: segment.acknowledgment)
  }
}

extension HalfStream {
  /// Whether nothing is missing of what was sent, and nothing waits.
  @inline(__always)
  fileprivate var isWhole: Bool {
    hasBegun && acknowledged <= next && sent <= next && fin == nil
      && hasNothingWaiting
  }

  @inline(__always)
  fileprivate func isNext(_ sequence: SequenceNumber) -> Bool {
    sequence == base + UInt32(truncatingIfNeeded: next)
  }

  /// Whether it speaks of bytes that have been seen, and of no fewer than an earlier one.
  @inline(__always)
  fileprivate func isPlausible(acknowledgment number: SequenceNumber) -> Bool {
    let offset = offset(of: number)
    return offset >= Int64(clamping: acknowledged) && offset <= Int64(clamping: next)
  }
}
