import Capture
import Streams
import Synchronization
import WSDecode

/// Has a sink of legs work on a thread of its own, so that one capture keeps two cores busy: what is decoded here is
/// analysed there. The order of the events stays.
package final class LegHandOver<Sink: LegSink & SendableMetatype>: LegSink, Sendable {
  private let batch = LegBatch()
  private let worker: Worker<Sink>
  private let afterEach: @Sendable (Sink) -> Void

  /// - Parameter afterEach: called on that thread when the sink has taken what was handed over at once.
  package init(_ sink: sending Sink, afterEach: @escaping @Sendable (Sink) -> Void = { _ in }) {
    worker = Worker(sink, name: "legs")
    self.afterEach = afterEach
  }

  package func receive(_ event: consuming LegEvent, on leg: LegID) {
    if batch.add(.event(consume event, leg)) { handOver() }
  }

  package func receive(_ frame: Frame, on leg: LegID) {
    if batch.add(.frame(frame, leg)) { handOver() }
  }

  package func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on leg: LegID) {
    if batch.add(.acknowledged(side, upTo: upTo, packet, leg)) { handOver() }
  }

  package func receive(_ notice: CaptureNotice) {
    if batch.add(.notice(notice)) { handOver() }
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
    let items = batch.take()
    guard !items.isEmpty else { return }
    worker.work { [afterEach] sink in
      for item in items {
        switch item {
        case .event(let event, let leg): sink.receive(event, on: leg)
        case .frame(let frame, let leg): sink.receive(frame, on: leg)
        case .acknowledged(let side, let upTo, let packet, let leg):
          sink.acknowledge(side, upTo: upTo, packet, on: leg)
        case .notice(let notice): sink.receive(notice)
        }
      }
      afterEach(sink)
    }
  }
}

/// Something that a sink of legs receives.
private enum LegItem: Sendable {
  case event(LegEvent, LegID)
  case frame(Frame, LegID)
  case acknowledged(Side, upTo: UInt64, PacketReference, LegID)
  case notice(CaptureNotice)
}

/// What is handed over at once. No part of the generic type: each look at it would be a call of the runtime.
private final class LegBatch: Sendable {
  private let items = Mutex([LegItem]())
  /// So many that a thread seldom waits for the other one, and that they stay in the processor's cache.
  private static let size = 2048

  /// - Returns: whether it is full.
  func add(_ item: consuming LegItem) -> Bool {
    var item = Optional(item)
    return items.withLock { items in
      if items.isEmpty { items.reserveCapacity(Self.size) }
      if let item = item.take() { items.append(item) }
      return items.count == Self.size
    }
  }

  func take() -> [LegItem] {
    items.withLock { items in
      let taken = items
      items = []
      return taken
    }
  }
}
