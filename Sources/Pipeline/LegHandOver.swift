import Capture
import Streams
import Synchronization
import WSDecode

/// Has a sink of legs work on a thread of its own, so that one capture keeps two cores busy: what is decoded here is
/// analysed there. The order of the events stays.
package final class LegHandOver<Sink: LegSink & SendableMetatype>: LegSink, Sendable {
  private let batch = Mutex(LegBatch())
  private let memory = BatchMemory<LegBatch>()
  private let worker: Worker<Sink>
  private let afterEach: @Sendable (Sink) -> Void

  /// - Parameter afterEach: called on that thread when the sink has taken what was handed over at once.
  package init(_ sink: sending Sink, afterEach: @escaping @Sendable (Sink) -> Void = { _ in }) {
    worker = Worker(sink, name: "legs")
    self.afterEach = afterEach
  }

  package func receive(_ event: consuming LegEvent, on leg: LegID) {
    var event = Optional(event)
    add { batch in
      if let event = event.take() { batch.add(event, on: leg) }
    }
  }

  package func receive(_ frame: Frame, on leg: LegID) { add { $0.add(frame, on: leg) } }

  package func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    add { $0.add(frames, of: side, in: packet, on: leg) }
  }

  package func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID) {
    add { $0.addAcknowledgment(of: side, upTo: upTo, packet, on: leg) }
  }

  package func receive(_ notice: CaptureNotice) { add { $0.add(notice) } }

  @inline(__always)
  private func add(_ item: (inout LegBatch) -> Void) {
    let isFull = batch.withLock { batch in
      item(&batch)
      return batch.isFull
    }
    if isFull { handOver() }
  }

  /// Waits until the sink has taken all that was received.
  package func flush() { finish { _ in } }

  /// Waits until the sink has taken all that was received, and asks it for something.
  package func finish<Result: Sendable>(_ body: (inout Sink) -> Result) -> Result {
    handOver()
    return worker.ask(body)
  }

  /// Has the sink take what was received, and waits for no more than room for it.
  package func handOver() {
    guard let full = batch.withLock({ batch in batch.isEmpty ? nil : memory.pack(&batch) }) else { return }
    worker.work { [memory, afterEach] sink in
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
