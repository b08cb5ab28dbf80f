import Capture
import CloseAnalysis
import Report
import Synchronization

/// Writes the sessions of one capture as NDJSON while it is read, each one when it has ended.
final class SessionLines: Sendable {
  private struct State {
    /// What is known of the capture so far.
    var capture: CaptureSummary { didSet { place = PlaceJSON([capture]) } }
    var place: PlaceJSON
    var failures = 0
  }
  private let output: PiecedOutput
  private let verdicts: Set<Verdict>?
  private let state: Mutex<State>

  /// - Parameter verdicts: the only ones to write; `nil` for all.
  init(_ output: PiecedOutput, of source: CaptureSource, only verdicts: Set<Verdict>?) {
    self.output = output
    self.verdicts = verdicts
    let capture = CaptureSummary(
      parts: source.paths.map { CapturePart(source: CaptureSource.name(of: $0)) },
      statistics: CaptureStatistics(), reassembly: .init())
    state = Mutex(State(capture: capture, place: PlaceJSON([capture])))
  }

  /// Sessions without the server's Close frame: lost or absent.
  var failures: Int { state.withLock { $0.failures } }

  /// A sink for the capture's legs; `finish` has to be called when all were read.
  func makeStream() -> sending SessionStream {
    SessionStream(capture: state.withLock { $0.capture }) { [self] in write($0) }
  }

  func name(_ interfaces: [UInt32: String]) {
    state.withLock { $0.capture.statistics.interfaceNames = interfaces }
  }

  private func write(_ session: Session) {
    state.withLock { state in
      if session.verdict == .lost || session.verdict == .absent { state.failures += 1 }
      guard verdicts?.contains(session.verdict) ?? true else { return }
      if !state.capture.statistics.hasNanoseconds,
        session.legs.contains(where: { $0.connection.openedAt.time.nanoseconds % 1000 != 0 })
      {
        state.capture.statistics.hasNanoseconds = true
      }
      output.write { JSONReport.append(session, state.place, to: &$0) }
    }
  }
}
