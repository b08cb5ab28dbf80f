import Capture
import CloseAnalysis
import Pipeline
import Report
import Synchronization

/// Writes the sessions of one capture as NDJSON while it is read, each one soon after it has ended, and on a thread of
/// its own: a line costs as much as to judge what it tells.
final class SessionLines: Sendable {
  private struct State {
    /// What is known of the capture so far.
    var capture: CaptureSummary { didSet { place = nil } }
    /// Made of it when something is written: there may be more interfaces than sessions.
    var place: PlaceJSON?
    /// Sessions that are to be written with what is known now.
    var waiting: [Session] = []
    var failures = 0
  }
  private let verdicts: Set<Verdict>?
  private let state: Mutex<State>
  private let writer: Worker<PiecedOutput>
  private static let maxWaiting = 32

  /// - Parameter verdicts: the only ones to write; `nil` for all.
  init(_ output: PiecedOutput, of source: CaptureSource, only verdicts: Set<Verdict>?) {
    self.verdicts = verdicts
    let capture = CaptureSummary(
      parts: source.paths.map { CapturePart(source: CaptureSource.name(of: $0)) },
      statistics: CaptureStatistics(), reassembly: .init())
    state = Mutex(State(capture: capture))
    writer = Worker(output, name: "lines")
  }

  /// Sessions without the server's Close frame: lost or absent.
  var failures: Int { state.withLock { $0.failures } }

  /// A sink for the capture's legs; `finish` has to be called when all were read.
  func makeStream() -> sending SessionStream {
    SessionStream(capture: state.withLock { $0.capture }) { [self] in add($0) }
  }

  /// Adds names of interfaces. Those of sessions that are waiting are known: names come before packets.
  func name(_ interfaces: [UInt32: String]) {
    state.withLock { $0.capture.statistics.interfaceNames.merge(interfaces) { first, _ in first } }
  }

  /// Waits until all sessions that have ended are written.
  func flush() {
    state.withLock { handOver(&$0) }
    writer.ask { $0.flush() }
  }

  private func add(_ session: Session) {
    state.withLock { state in
      if session.verdict == .lost || session.verdict == .absent { state.failures += 1 }
      guard verdicts?.contains(session.verdict) ?? true else { return }
      if !state.capture.statistics.hasNanoseconds, session.legs.contains(where: \.showsNanoseconds) {
        handOver(&state)
        state.capture.statistics.hasNanoseconds = true
      }
      state.waiting.append(session)
      if state.waiting.count >= Self.maxWaiting { handOver(&state) }
    }
  }

  private func handOver(_ state: inout State) {
    guard !state.waiting.isEmpty else { return }
    let place = state.place ?? PlaceJSON([state.capture])
    state.place = place
    writer.work { [sessions = state.waiting] output in
      output.write { lines in
        for session in sessions { JSONReport.append(session, place, to: &lines) }
      }
    }
    state.waiting.removeAll(keepingCapacity: true)
  }
}

extension Leg {
  /// Whether a time of it is finer than a microsecond; a single one may happen to end in zeros.
  fileprivate var showsNanoseconds: Bool {
    connection.openedAt.time.hasNanoseconds || client.acknowledged?.packet.time.hasNanoseconds == true
      || server.acknowledged?.packet.time.hasNanoseconds == true
  }
}
