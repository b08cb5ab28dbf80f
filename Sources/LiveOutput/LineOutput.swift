import Capture
import Synchronization

/// Lines for a file, written by a thread of its own. What cannot be written is counted, and never waited for.
package final class LineOutput: Sendable {
  package struct Counts: Equatable, Sendable {
    package var lines: UInt64 = 0
    /// Because there was no room for them, on the disk or in front of it.
    package var lostLines: UInt64 = 0
    package var lostBytes: UInt64 = 0
  }

  private let path: String
  private let file: Mutex<LineFile>
  private let state = Mutex((counts: Counts(), isTold: false))
  private let queue: BackgroundQueue
  private let tell: @Sendable (CaptureError) -> Void
  /// Bytes that may wait for the disk.
  private static let maxWaiting = 16 << 20

  /// A file that was opened, before there is any thread.
  package struct Opened: ~Copyable {
    fileprivate let path: String
    fileprivate let file: LineFile

    /// - Parameters:
    ///   - rotateSize: bytes after which the file moves itself away; `nil` for never.
    ///   - rotateCount: former files that are kept.
    package init(path: String, rotateSize: Int?, rotateCount: Int) throws(CaptureError) {
      self.path = path
      file = try LineFile(
        path: path, rotation: rotateSize.map { LineFile.Rotation(size: $0, count: rotateCount) })
    }
  }

  /// Starts the thread.
  ///
  /// - Parameter tell: gets the first problem, on that thread or the caller's.
  package init(_ opened: consuming Opened, tell: @escaping @Sendable (CaptureError) -> Void) {
    path = opened.path
    file = Mutex(opened.file)
    self.tell = tell
    queue = BackgroundQueue(limit: Self.maxWaiting)
    queue.everySecond { [weak self] in self?.file.withLock { $0.follow() } }
  }

  package var counts: Counts { state.withLock { $0.counts } }

  /// - Parameters:
  ///   - lines: whole ones.
  ///   - count: of them.
  package func write(_ lines: [UInt8], count: UInt64) {
    guard !lines.isEmpty else { return }
    let isTaken = queue.submit(cost: lines.count) { [self] in
      let loss = file.withLock { file in
        file.follow()
        return file.write(lines)
      }
      if let loss { lose(loss) }
      state.withLock { $0.counts.lines += count - min(count, loss?.lines ?? 0) }
    }
    if !isTaken {
      lose(LineFile.Loss(lines: count, bytes: UInt64(lines.count), problem: "the disk is too slow"))
    }
  }

  /// Opens the file of that name anew: logrotate has moved it.
  package func reopen() { _ = queue.submit(cost: 0) { [self] in file.withLock { $0.reopen() } } }

  /// Waits for the last line.
  package func finish() {
    queue.finish()
    file.withLock { $0.close() }
  }

  private func lose(_ loss: LineFile.Loss) {
    let isFirst = state.withLock { state in
      state.counts.lostLines += loss.lines
      state.counts.lostBytes += loss.bytes
      defer { state.isTold = true }
      return !state.isTold
    }
    guard isFirst else { return }
    tell(
      CaptureError(
        source: path, problem: loss.problem,
        advice: "lines that cannot be written are counted as lost; make room, the next ones are tried again"))
  }
}
