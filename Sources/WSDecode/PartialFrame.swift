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
  private var digest: UInt64 = 0
  /// How many of the sampled bytes were captured.
  private var sampled: UInt64 = 0
  private static let sampledBytes: UInt64 = 32

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

  /// Adds payload bytes to the sample by which the frame is known again, however segments cut it.
  ///
  /// - Parameter position: where in the payload the bytes begin.
  mutating func sample(_ bytes: Span<UInt8>, _ piece: Range<Int>, at position: UInt64) {
    guard position < Self.sampledBytes else { return }
    let count = min(piece.count, Int(Self.sampledBytes - position))
    // A polynomial of the bytes: each has a power of its own, and does not wait for the one before.
    var power = Self.factor
    for _ in 0..<position { power &*= Self.factor }
    for index in piece.lowerBound..<piece.lowerBound + count {
      digest &+= (UInt64(bytes[index]) &+ 1) &* power
      power &*= Self.factor
    }
    sampled += UInt64(count)
  }

  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// - Parameter last: the packet with its last byte; `nil` if it did not come.
  func frame(of side: Side, last: PacketReference?) -> Frame {
    let isSampled = sampled >= min(Self.sampledBytes, header.payloadLength)
    return Frame(
      side: side, header: header, range: range, first: first, last: last ?? headerEnd, missing: missing,
      violations: violations, sample: isSampled || last == nil ? digest : 0)
  }
}
