import Capture
import Streams

/// A frame of which the payload is still to come, or some of it.
struct PartialFrame {
  let header: FrameHeader
  /// Header and payload.
  let range: Range<UInt64>
  /// The packet with its first byte.
  let first: PacketReference
  /// The packet that completed the header.
  let headerEnd: PacketReference
  let violations: FrameViolations
  /// Payload bytes that the capture does not hold.
  var missing: UInt64 = 0
  var sample = PayloadSample()

  init(
    header: FrameHeader, range: Range<UInt64>, first: PacketReference, headerEnd: PacketReference,
    violations: FrameViolations
  ) {
    self.header = header
    self.range = range
    self.first = first
    self.headerEnd = headerEnd
    self.violations = violations
  }

  /// - Parameter last: the packet with its last byte; `nil` if it did not come.
  func frame(of side: Side, last: PacketReference?) -> Frame {
    let isSampled = last == nil || sample.isComplete(payloadLength: header.payloadLength)
    return Frame(
      side: side, header: header, range: range, first: first, last: last ?? headerEnd, missing: missing,
      violations: violations, sample: isSampled ? sample.digest : 0)
  }
}
