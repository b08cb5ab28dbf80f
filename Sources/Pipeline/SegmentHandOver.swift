import Capture
import Streams

/// Has the stages behind the capture work on a thread of their own, so that one capture keeps two cores busy: packets are
/// read and decoded here, what they carry is put together there. The order stays.
final class SegmentHandOver<Sink: SegmentSink & SendableMetatype>: SegmentSink {
  private var batch = SegmentBatch()
  private let worker: Worker<Sink>

  init(_ sink: sending Sink) { worker = Worker(sink, name: "segments") }

  static var keepsBlocks: Bool { true }

  func receive(_ block: CaptureBlock) {
    handOver()
    batch.block = block
  }

  func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    if batch.add(segment, in: frame) { handOver() }
  }

  func receive(secrets: [UInt8]) { batch.add(.secrets(secrets)) }
  func receive(interfaceNames: [UInt32: String]) { batch.add(.interfaceNames(interfaceNames)) }
  func receive(progress: CaptureProgress) { batch.add(.progress(progress)) }
  func receive(pods: [UInt32: PodName]) { batch.add(.pods(pods)) }
  func receive(_ notice: CaptureNotice) { batch.add(.notice(notice)) }

  /// Waits until the sink has taken all that was received.
  func flush() { finish { _ in } }

  /// Waits until the sink has taken all that was received, and asks it for something.
  func finish<Result: Sendable>(_ body: (inout Sink) -> Result) -> Result {
    handOver()
    return worker.ask(body)
  }

  private func handOver() {
    guard !batch.isEmpty else { return }
    let full = batch
    batch = SegmentBatch(block: full.block)
    worker.work { full.hand(to: &$0) }
  }
}

/// What is handed over at once: segments with the block in which their packets lie, or with a copy of what they carry, and
/// what comes between them. No part of the generic type: each look at it would be a call of the runtime.
private struct SegmentBatch: Sendable {
  enum Note: Sendable {
    case secrets([UInt8])
    case interfaceNames([UInt32: String])
    case progress(CaptureProgress)
    case pods([UInt32: PodName])
    case notice(CaptureNotice)
  }
  /// Where `payload` lies.
  private enum Place { case block, copies }
  private var segments: [(segment: TCPSegment, place: Place)] = []
  /// The file's bytes; `nil` for what comes from elsewhere.
  var block: CaptureBlock?
  private var copies: [UInt8] = []
  /// Each with the number of segments that come before it.
  private var notes: [(before: Int, note: Note)] = []
  /// So much that a thread seldom waits for the other one, and that it stays in the processor's cache.
  private static let maxSegments = 512
  private static let maxBytes = 128 << 10

  init(block: CaptureBlock? = nil) {
    self.block = block
    segments.reserveCapacity(Self.maxSegments)
    if block == nil { copies.reserveCapacity(Self.maxBytes) }
  }

  var isEmpty: Bool { segments.isEmpty && notes.isEmpty }

  /// - Returns: whether it is full.
  mutating func add(_ segment: TCPSegment, in frame: Span<UInt8>) -> Bool {
    var segment = segment
    if let start = block?.start(of: frame) {
      segment.payload = start + segment.payload.lowerBound..<start + segment.payload.upperBound
      segments.append((segment, .block))
    } else {
      let start = copies.count
      copies.append(frame, segment.payload)
      segment.payload = start..<copies.count
      segments.append((segment, .copies))
    }
    return segments.count >= Self.maxSegments || copies.count >= Self.maxBytes
  }

  mutating func add(_ note: Note) { notes.append((segments.count, note)) }

  func hand(to sink: inout some SegmentSink) {
    var told = 0
    let block = block?.bytes ?? []
    for index in segments.indices {
      if told < notes.count { tell(&told, upTo: index, to: &sink) }
      switch segments[index].place {
      case .block: sink.receive(segments[index].segment, in: block.span)
      case .copies: sink.receive(segments[index].segment, in: copies.span)
      }
    }
    tell(&told, upTo: segments.count, to: &sink)
  }

  private func tell(_ told: inout Int, upTo index: Int, to sink: inout some SegmentSink) {
    while told < notes.count, notes[told].before <= index {
      switch notes[told].note {
      case .secrets(let secrets): sink.receive(secrets: secrets)
      case .interfaceNames(let names): sink.receive(interfaceNames: names)
      case .progress(let progress): sink.receive(progress: progress)
      case .pods(let pods): sink.receive(pods: pods)
      case .notice(let notice): sink.receive(notice)
      }
      told += 1
    }
  }
}
