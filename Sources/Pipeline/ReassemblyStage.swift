import Capture
import Limits
import Streams
import TCPReassembly

/// The first of the stages behind the capture: puts the streams together, and passes on what the capture tells besides.
struct ReassemblyStage<Next: StreamSink & CaptureSink>: SegmentSink {
  private(set) var reassembler: Reassembler
  var next: Next

  init(limits: Limits, into next: Next) {
    reassembler = Reassembler(limits: limits)
    self.next = next
  }

  static var keepsBlocks: Bool { Next.keepsBlocks }

  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    reassembler.receive(segment, in: frame, into: &next)
  }

  mutating func receive(_ notice: CaptureNotice) { reassembler.receive(notice, into: &next) }
  mutating func receive(_ block: CaptureBlock) { next.receive(block) }
  mutating func receive(secrets: [UInt8]) { next.receive(secrets: secrets) }
  mutating func receive(interfaceNames: [UInt32: String]) { next.receive(interfaceNames: interfaceNames) }
  mutating func receive(progress: CaptureProgress) { next.receive(progress: progress) }
  mutating func receive(pods: [UInt32: PodName]) { next.receive(pods: pods) }

  /// Ends all connections: the capture holds no more.
  mutating func finish() { reassembler.finish(into: &next) }
}
