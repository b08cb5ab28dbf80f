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
  /// The link types of its packets, in the order of their first ones.
  package private(set) var linkTypes: [LinkType]
  /// The names of interfaces, by the number that segments carry; those of others are not known.
  package var interfaceNames: [UInt32: String] = [:]
  /// The pods in which interfaces are, by the same number.
  package var pods: [UInt32: PodName] = [:]
  /// Decryption Secrets Blocks that contradict themselves.
  package private(set) var brokenSecrets: UInt64 = 0
  package var fragments = FragmentStatistics()
  private var skippedCounts = [UInt64](repeating: 0, count: SkipReason.allCases.count)

  package init(linkTypes: [LinkType] = []) { self.linkTypes = linkTypes }

  /// Packets that were not used, by reason; reasons that did not occur are left out.
  package var skipped: [(reason: SkipReason, count: UInt64)] {
    zip(SkipReason.allCases, skippedCounts).filter { $0.1 > 0 }.map { (reason: $0, count: $1) }
  }

  @inline(__always)
  mutating func count(_ packet: PacketReference, wireLength: Int, capturedLength: Int) {
    packets += 1
    bytes &+= UInt64(wireLength)
    if capturedLength < wireLength { truncatedPackets += 1 }
    if packet.time.hasNanoseconds { hasNanoseconds = true }
    if firstPacket.map({ packet.time < $0 }) ?? true { firstPacket = packet.time }
    if lastPacket.map({ $0 < packet.time }) ?? true { lastPacket = packet.time }
  }

  /// Whether it is the first packet of its link type.
  @inline(__always)
  mutating func isNew(_ linkType: LinkType) -> Bool {
    if linkTypes.last == linkType || linkTypes.contains(linkType) { return false }
    linkTypes.append(linkType)
    return true
  }

  /// An interface's index on the machine that captured, or its place in the file, from the number that segments carry.
  package func interfaceIndex(_ number: UInt32) -> UInt32 { number & ~PcapngBlocks.firstNumber }

  /// Takes what a file tells of itself besides its packets, once it was read.
  mutating func finish(_ file: CaptureFile) {
    if let more = file.dropped { dropped = (dropped ?? 0).addingReportingOverflow(more).partialValue }
    brokenSecrets += file.brokenSecrets
  }

  mutating func countSkipped(_ reason: SkipReason, _ count: UInt64 = 1) {
    skippedCounts[reason.rawValue] += count
  }
}
