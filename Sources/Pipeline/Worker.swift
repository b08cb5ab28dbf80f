import Dispatch
import Synchronization

/// A value that is changed by one piece of work after the other, on another thread.
package final class Worker<Value>: Sendable {
  package typealias Work = @Sendable (inout Value) -> Void

  private struct Line {
    var waiting: [Work] = []
    var isRunning = false
  }
  private let value: Mutex<Value>
  private let line = Mutex(Line())
  private let queue: DispatchQueue
  private let room: DispatchSemaphore
  /// How many pieces of work that are not urgent are worth waking up a thread.
  private let enough: Int

  /// - Parameter room: for how many pieces of work that are not done.
  package init(_ value: sending Value, name: String, room: Int = 4) {
    self.value = Mutex(value)
    self.room = DispatchSemaphore(value: room)
    enough = room / 2
    queue = DispatchQueue(label: "wsclose.\(name)")
  }

  /// Has something done next, once there is room.
  ///
  /// - Parameter isUrgent: false if it may wait until half of the room is filled: to wake up a thread for each piece costs
  ///   more than small pieces do.
  package func work(isUrgent: Bool = true, _ body: @escaping Work) {
    room.wait()
    let starts = line.withLock { line in
      line.waiting.append(body)
      guard !line.isRunning, isUrgent || line.waiting.count >= enough else { return false }
      line.isRunning = true
      return true
    }
    if starts { queue.async { self.workOff() } }
  }

  /// Waits until all work is done, and asks for something.
  package func ask<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
    queue.sync {
      workOff()
      return value.withLock { body(&$0) }
    }
  }

  private func workOff() {
    while let work = takeNext() {
      value.withLock { work(&$0) }
      room.signal()
    }
  }

  private func takeNext() -> Work? {
    line.withLock { line in
      guard !line.waiting.isEmpty else {
        line.isRunning = false
        return nil
      }
      return line.waiting.removeFirst()
    }
  }
}
