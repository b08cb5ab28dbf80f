import Capture
import Streams
import WSDecode

/// Has a sink of legs work on a thread of its own, so that one capture keeps two cores busy: what is decoded here is
/// analysed there. The order of the events stays. Copies have the same sink: only one of them is to receive.
package struct LegHandOver<Sink: LegSink & SendableMetatype>: LegSink, Sendable {
  private var batch = LegBatch()
  private let memory = BatchMemory<LegBatch>()
  /// Has what was handed over.
  package let worker: Worker<Sink>
  private let afterEach: @Sendable (Sink) -> Void
  /// Batches that wait, at most.
  private static var room: Int { 8 }

  /// - Parameter afterEach: called on that thread when the sink has taken what was handed over at once.
  package init(_ sink: sending Sink, afterEach: @escaping @Sendable (Sink) -> Void = { _ in }) {
    worker = Worker(sink, name: "legs", room: Self.room)
    self.afterEach = afterEach
  }

  package mutating func receive(_ event: consuming LegEvent, on leg: LegID) {
    batch.add(event, on: leg)
    if batch.isFull { handOver(isUrgent: false) }
  }

  package mutating func receive(_ frame: Frame, on leg: LegID) {
    batch.add(frame, on: leg)
    if batch.isFull { handOver(isUrgent: false) }
  }

  package mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    batch.add(frames, of: side, in: packet, on: leg)
    if batch.isFull { handOver(isUrgent: false) }
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID
  ) {
    batch.addAcknowledgment(of: side, upTo: upTo, packet, on: leg)
    if batch.isFull { handOver(isUrgent: false) }
  }

  package mutating func receive(_ notice: CaptureNotice) {
    batch.add(notice)
    if batch.isFull || notice == .pause { handOver(isUrgent: notice == .pause) }
  }

  /// Waits until the sink has taken all that was received, and asks it for something.
  package mutating func finish<Result: Sendable>(_ body: (inout Sink) -> Result) -> Result {
    handOver(isUrgent: true)
    return worker.ask(body)
  }

  private mutating func handOver(isUrgent: Bool) {
    guard !batch.isEmpty else { return }
    let full = memory.pack(&batch)
    worker.work(isUrgent: isUrgent) { [memory, afterEach] sink in
      memory.unpack(full) { $0.hand(to: &sink) }
      afterEach(sink)
    }
  }
}

/// What is handed over at once, each kind in an array of its own: most of it is small. No part of the generic type: each
/// look at it would be a call of the runtime.
private struct LegBatch: Batch {
  private enum Kind { case event, frame, wholeFrames, acknowledgment, notice }
  private var order: [(kind: Kind, leg: LegID)] = []
  private var events: [LegEvent] = []
  private var frames: [Frame] = []
  private var wholeFrames: [WholeFrame] = []
  /// Those of them that were told at once.
  private var runs: [(range: Range<Int>, side: Side, packet: PacketReference)] = []
  private var acknowledgments: [(side: Side, upTo: UInt64, packet: PacketReference)] = []
  private var notices: [CaptureNotice] = []
  /// So many that a thread seldom waits for the other one, and that they stay in the processor's cache.
  private static let size = 1024

  var isEmpty: Bool { order.isEmpty }
  var isFull: Bool { order.count >= Self.size || wholeFrames.count >= Self.size }

  mutating func add(_ event: consuming LegEvent, on leg: LegID) {
    note(.event, leg)
    events.append(event)
  }

  mutating func add(_ frame: Frame, on leg: LegID) {
    note(.frame, leg)
    frames.append(frame)
  }

  mutating func add(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    note(.wholeFrames, leg)
    runs.append((wholeFrames.count..<wholeFrames.count + frames.count, side, packet))
    for index in frames.indices { wholeFrames.append(frames[index]) }
  }

  mutating func addAcknowledgment(of side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID) {
    note(.acknowledgment, leg)
    acknowledgments.append((side, upTo, packet))
  }

  mutating func add(_ notice: CaptureNotice) {
    note(.notice, .noLeg)
    notices.append(notice)
  }

  private mutating func note(_ kind: Kind, _ leg: LegID) { order.append((kind, leg)) }

  mutating func removeAll() {
    order.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    wholeFrames.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    acknowledgments.removeAll(keepingCapacity: true)
    notices.removeAll(keepingCapacity: true)
  }

  func hand(to sink: inout some LegSink) {
    var next = (event: 0, frame: 0, run: 0, acknowledgment: 0, notice: 0)
    for (kind, leg) in order {
      switch kind {
      case .event:
        sink.receive(events[next.event], on: leg)
        next.event += 1
      case .frame:
        sink.receive(frames[next.frame], on: leg)
        next.frame += 1
      case .wholeFrames:
        let run = runs[next.run]
        sink.receive(wholeFrames.span.extracting(run.range), of: run.side, in: run.packet, on: leg)
        next.run += 1
      case .acknowledgment:
        let item = acknowledgments[next.acknowledgment]
        sink.acknowledge(item.side, upTo: item.upTo, item.packet, on: leg)
        next.acknowledgment += 1
      case .notice:
        sink.receive(notices[next.notice])
        next.notice += 1
      }
    }
  }
}
