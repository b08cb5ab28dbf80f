import Dispatch
import Synchronization

/// A value that is changed by one piece of work after the other, on another thread.
package final class Worker<Value>: Sendable {
  private let value: Mutex<Value>
  private let queue: DispatchQueue
  /// For work that waits.
  private let room = DispatchSemaphore(value: maxWaiting)
  private static var maxWaiting: Int { 4 }

  package init(_ value: sending Value, name: String) {
    self.value = Mutex(value)
    queue = DispatchQueue(label: "wsclose.\(name)")
  }

  /// Has something done next, once there is room.
  package func work(_ body: @escaping @Sendable (inout Value) -> Void) {
    room.wait()
    queue.async {
      self.value.withLock { body(&$0) }
      self.room.signal()
    }
  }

  /// Waits until all work is done, and asks for something.
  package func ask<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
    queue.sync { value.withLock { body(&$0) } }
  }
}
