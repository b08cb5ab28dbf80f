import Capture
import Streams

extension Leg {
  /// Which side ended the leg first; `nil` if no end is in the capture, or if it lacks bytes that may hold an
  /// earlier one.
  var ending: (side: Side, end: SeenEnd)? {
    guard let first = firstEnd, !self[first.side.opposite].mayHaveEnded(before: first.end.packet) else {
      return nil
    }
    return first
  }

  /// How a side ended the leg, if it was the first.
  func ending(by side: Side) -> SeenEnd? { ending.flatMap { $0.side == side ? $0.end : nil } }
}

extension LegStream {
  /// Whether bytes at its end are not in the capture, acknowledged by then: a FIN may be among them.
  fileprivate func mayHaveEnded(before packet: PacketReference) -> Bool {
    guard end == nil, hasUncapturedEnd else { return false }
    guard let acknowledged, acknowledged.upTo >= sentEnd else { return true }
    return !packet.precedes(acknowledged.packet)
  }

  private var hasUncapturedEnd: Bool {
    guard let last = gaps.last else { return false }
    // Of many gaps only the first are kept.
    return last.range.upperBound == sentEnd || UInt64(gaps.count) < gapCount
  }

  /// Where the last byte ends that is sure to be data: one that only an ACK tells of may be the FIN.
  var dataEnd: UInt64 { end == nil && hasUncapturedEnd ? sentEnd - min(1, sentEnd) : sentEnd }
}
