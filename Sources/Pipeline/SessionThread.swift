import CloseAnalysis
import Synchronization

/// Has the legs of a live capture joined and judged on a thread of its own. The sessions are told on the thread that
/// captures, in their order: what gets them belongs to it, as the ring of packets does.
package struct SessionThread {
  /// Takes the legs. What it received is judged when the capture pauses, or when there is much of it.
  package let legs: LegHandOver<SessionStream>
  private let judged: JudgedSessions

  /// - Parameter capture: by which findings name their packets.
  package init(capture: CaptureSummary) {
    let judged = JudgedSessions()
    self.judged = judged
    legs = LegHandOver(SessionStream(capture: capture) { judged.add($0) }) { stream in
      judged.put(up: stream.retainedCount)
    }
  }

  /// The sessions that were judged since the last call.
  package func takeSessions() -> [Session] { judged.take() }

  /// The capture is over, and has paused: waits until all is judged.
  package func finish() {
    legs.worker.ask { stream in
      stream.finish()
      judged.put(up: stream.retainedCount)
    }
  }

  /// Legs and sessions in memory, but for the sessions that can be taken.
  package var retainedCount: Int { judged.retainedCount }
}

/// What one thread has judged, for another one. Sessions are put up together with the count of what is left without them, so
/// that none is ever counted twice.
private final class JudgedSessions: Sendable {
  private struct State {
    var new: [Session] = []
    var sessions: [Session] = []
    var retainedCount = 0
  }
  private let state = Mutex(State())

  func add(_ session: Session) { state.withLock { $0.new.append(session) } }

  func put(up retainedCount: Int) {
    state.withLock { state in
      state.sessions += state.new
      state.new = []
      state.retainedCount = retainedCount
    }
  }

  func take() -> [Session] {
    state.withLock { state in
      defer { state.sessions = [] }
      return state.sessions
    }
  }

  var retainedCount: Int { state.withLock { $0.retainedCount } }
}
