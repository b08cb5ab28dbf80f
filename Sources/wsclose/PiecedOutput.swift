import Report
import Synchronization

/// Puts small pieces together before they are written, for output that comes as the input does. Any thread may use it.
final class PiecedOutput: Sendable {
  private struct State: ~Copyable {
    var buffer = TextBuffer(capacity: 2 * pieceSize)
    var failure: (any Error)?
    /// Whether what a file held before is gone.
    var hasBegun = false
  }
  private let output: Output
  private let state = Mutex(State())
  private let isClosed = Atomic(false)
  private static let pieceSize = 64 << 10

  init(_ output: Output) { self.output = output }

  /// Whether what is written still goes anywhere.
  var isOpen: Bool { !isClosed.load(ordering: .relaxed) }

  /// Why nothing can be written any more.
  var failure: (any Error)? { state.withLock { $0.failure } }

  /// - Parameter piece: appends to what waits to be written.
  func write(_ piece: (inout TextBuffer) -> Void) {
    guard isOpen else { return }
    state.withLock { state in
      piece(&state.buffer)
      if state.buffer.count >= Self.pieceSize { flush(&state) }
    }
  }

  /// - Parameter piece: not copied if it is as large as what is put together.
  func write(_ piece: Span<UInt8>) {
    guard piece.count >= Self.pieceSize else { return write { $0.append(piece) } }
    state.withLock { state in
      flush(&state)
      begin(&state)
      put(piece, &state.failure)
    }
  }

  func flush() { state.withLock { flush(&$0) } }

  /// Writes what waits, the last of all. A file that is to hold nothing is empty then.
  ///
  /// - Throws: why it, or something before it, could not be written.
  func finish() throws {
    state.withLock { state in
      flush(&state)
      begin(&state)
    }
    if let failure { throw failure }
  }

  private func flush(_ state: inout State) {
    guard state.buffer.count > 0 else { return }
    begin(&state)
    state.buffer.withSpan { put($0, &state.failure) }
    state.buffer.removeAll()
  }

  private func begin(_ state: inout State) {
    guard !state.hasBegun else { return }
    state.hasBegun = true
    attempt(&state.failure) {
      try output.clear()
      return true
    }
  }

  private func put(_ bytes: Span<UInt8>, _ failure: inout (any Error)?) {
    guard isOpen else { return }
    attempt(&failure) { try output.write(bytes) }
  }

  /// - Parameter step: returns false if nothing that is written from now on is read.
  private func attempt(_ failure: inout (any Error)?, _ step: () throws -> Bool) {
    do {
      if try !step() { isClosed.store(true, ordering: .relaxed) }
    } catch {
      failure = error
      isClosed.store(true, ordering: .relaxed)
    }
  }
}
