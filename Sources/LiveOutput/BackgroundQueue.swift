import NIOCore
import NIOPosix
import Synchronization

/// Does what may take long on a thread of its own, in order: nothing that happens here holds up the capture.
final class BackgroundQueue: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let loop: any EventLoop
  private let waiting = Atomic<Int>(0)
  private let limit: Int

  /// - Parameter limit: how much may wait, in bytes.
  init(limit: Int) {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    loop = group.next()
    self.limit = limit
  }

  /// - Parameter cost: bytes that the work holds until it is done.
  /// - Returns: whether there was room for it.
  func submit(cost: Int, _ work: @escaping @Sendable () -> Void) -> Bool {
    guard waiting.load(ordering: .relaxed) + cost <= limit else { return false }
    waiting.add(cost, ordering: .relaxed)
    loop.execute {
      work()
      self.waiting.subtract(cost, ordering: .relaxed)
    }
    return true
  }

  func everySecond(_ work: @escaping @Sendable () -> Void) {
    loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in work() }
  }

  /// Waits until all is done, and ends the thread.
  func finish() {
    try? loop.submit {}.wait()
    try? group.syncShutdownGracefully()
  }
}
