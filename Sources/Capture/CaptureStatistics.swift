/// What a capture held, counted packet by packet while it was read.
package struct CaptureStatistics: Equatable, Sendable {
  package var packets: UInt64 = 0
  /// Bytes on the wire of all packets.
  package var bytes: UInt64 = 0
  package var firstPacket: Timestamp?
  package var lastPacket: Timestamp?
  /// Packets of which the capture holds only the beginning (snaplen).
  package var truncatedPackets: UInt64 = 0
  /// Packets that the capturing machine dropped; `nil` where the capture does not tell.
  package var dropped: UInt64?
  /// Whether any time stamp is finer than a microsecond.
  package var hasNanoseconds = false
  private var skippedCounts = [UInt64](repeating: 0, count: SkipReason.allCases.count)

  package init() {}

  /// Packets that were not used, by reason; reasons that did not occur are left out.
  package var skipped: [(reason: SkipReason, count: UInt64)] {
    zip(SkipReason.allCases, skippedCounts).filter { $0.1 > 0 }.map { (reason: $0, count: $1) }
  }

  mutating func count(_ packet: PacketReference, wireLength: Int, capturedLength: Int) {
    packets += 1
    bytes &+= UInt64(wireLength)
    if capturedLength < wireLength { truncatedPackets += 1 }
    if packet.time.nanoseconds % 1000 != 0 { hasNanoseconds = true }
    if firstPacket.map({ packet.time < $0 }) ?? true { firstPacket = packet.time }
    if lastPacket.map({ $0 < packet.time }) ?? true { lastPacket = packet.time }
  }

  mutating func countSkipped(_ reason: SkipReason) {
    skippedCounts[reason.rawValue] += 1
  }
}
