import Capture
import Dispatch
import Synchronization
import WSDecode

/// Has a sink of legs work on a thread of its own, so that one capture keeps two cores busy: what is decoded here is
/// analysed there. The order of the events stays.
package final class LegHandOver<Sink: LegSink & SendableMetatype>: LegSink {
  private let batch = LegBatch()
  private let worker: Worker<Sink>

  package init(_ sink: sending Sink) { worker = Worker(sink) }

  package func receive(_ event: LegEvent, on leg: LegID) {
    if batch.add(.event(event, leg)) { handOver() }
  }

  package func receive(_ frame: Frame, on leg: LegID) {
    if batch.add(.frame(frame, leg)) { handOver() }
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

  private func handOver() {
    let items = batch.take()
    guard !items.isEmpty else { return }
    worker.work { sink in
      for item in items {
        switch item {
        case .event(let event, let leg): sink.receive(event, on: leg)
        case .frame(let frame, let leg): sink.receive(frame, on: leg)
        case .notice(let notice): sink.receive(notice)
        }
      }
    }
  }
}

/// Something that a sink of legs receives.
private enum LegItem: Sendable {
  case event(LegEvent, LegID)
  case frame(Frame, LegID)
  case notice(CaptureNotice)
}

/// What is handed over at once. No part of the generic type: each look at it would be a call of the runtime.
private final class LegBatch {
  private var items: [LegItem] = []
  /// So many that a thread seldom waits for the other one, and that they stay in the processor's cache.
  private static let size = 2048

  init() { items.reserveCapacity(Self.size) }

  /// - Returns: whether it is full.
  func add(_ item: consuming LegItem) -> Bool {
    items.append(item)
    return items.count == Self.size
  }

  func take() -> [LegItem] {
    var taken: [LegItem] = []
    taken.reserveCapacity(Self.size)
    swap(&taken, &items)
    return taken
  }
}

/// A value that is changed by one piece of work after the other.
private final class Worker<Value>: Sendable {
  private let value: Mutex<Value>
  private let queue = DispatchQueue(label: "wsclose.legs")
  /// For work that waits.
  private let room = DispatchSemaphore(value: maxWaiting)
  private static var maxWaiting: Int { 4 }

  init(_ value: sending Value) { self.value = Mutex(value) }

  /// Has something done next on another thread, once there is room.
  func work(_ body: @escaping @Sendable (inout Value) -> Void) {
    room.wait()
    queue.async {
      self.value.withLock { body(&$0) }
      self.room.signal()
    }
  }

  /// Waits until all work is done, and asks for something.
  func ask<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
    queue.sync { value.withLock { body(&$0) } }
  }
}
