/// Turns one capture into TCP segments, and counts what it passes over.
package final class CaptureReader {
  private let file: PcapFile
  package private(set) var statistics = CaptureStatistics()
  /// Where the capture turned out to be damaged, if it did.
  package private(set) var damage: CaptureError?

  package var source: String { file.source }
  package var linkType: LinkType { file.linkType }

  /// TLS key logs that the capture brought along since the last call.
  package func takeSecrets() -> [[UInt8]] { file.takeSecrets() }

  /// Blocks with secrets that contradict themselves.
  package var brokenSecrets: UInt64 { file.brokenSecrets }

  package init(_ file: PcapFile) { self.file = file }

  /// Reads to the end of the capture, or to the place where it is damaged.
  ///
  /// - Parameter body: gets each segment and the packet's captured bytes, in which
  ///   `segment.payload` is the payload.
  package func forEachSegment(_ body: (TCPSegment, Span<UInt8>) -> Void) {
    do throws(CaptureError) {
      while try file.next({ packet, wireLength, frame, passes in
        read(packet, wireLength: wireLength, frame, passes: passes, body)
      }) {}
    } catch {
      damage = error
    }
    statistics.dropped = file.dropped
  }

  private func read(
    _ packet: PacketReference, wireLength: Int, _ frame: Span<UInt8>, passes: Bool,
    _ body: (TCPSegment, Span<UInt8>) -> Void
  ) {
    statistics.count(packet, wireLength: wireLength, capturedLength: frame.count)
    guard passes else { return statistics.countSkipped(.filtered) }
    do throws(SkipReason) {
      body(
        try TCPSegment(parsing: frame, wireLength: wireLength, as: linkType, packet: packet), frame)
    } catch {
      statistics.countSkipped(error)
    }
  }
}
