import Capture
import CloseAnalysis
import Report

/// Writes the sessions of one capture as NDJSON while it is read, each one when it has ended.
final class SessionLines {
  private let output: PiecedOutput
  private let verdicts: Set<Verdict>?
  /// What is known of the capture so far.
  private var capture: CaptureSummary { didSet { place = PlaceJSON([capture]) } }
  private var place: PlaceJSON
  /// Sessions without the server's Close frame: lost or absent.
  private(set) var failures = 0

  /// - Parameter verdicts: the only ones to write; `nil` for all.
  init(_ output: PiecedOutput, of source: CaptureSource, only verdicts: Set<Verdict>?) {
    self.output = output
    self.verdicts = verdicts
    capture = CaptureSummary(
      parts: source.paths.map { CapturePart(source: CaptureSource.name(of: $0)) },
      statistics: CaptureStatistics(), reassembly: .init())
    place = PlaceJSON([capture])
  }

  /// A sink for the capture's legs; `finish` has to be called when all were read.
  func makeStream() -> SessionStream { SessionStream(capture: capture) { self.write($0) } }

  func name(_ interfaces: [UInt32: String]) { capture.statistics.interfaceNames = interfaces }

  private func write(_ session: Session) {
    if session.verdict == .lost || session.verdict == .absent { failures += 1 }
    guard verdicts?.contains(session.verdict) ?? true else { return }
    if !capture.statistics.hasNanoseconds,
      session.legs.contains(where: { $0.connection.openedAt.time.nanoseconds % 1000 != 0 })
    {
      capture.statistics.hasNanoseconds = true
    }
    output.write { JSONReport.append(session, place, to: &$0) }
  }
}
