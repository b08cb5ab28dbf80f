import Capture
import CloseAnalysis
import Pipeline
import Report

/// Writes what `wsclose live` finds: each session in a line when it has ended, the counts when asked.
final class LiveReport {
  enum Format { case text(TextStyle), ndjson }

  private let output: PiecedOutput
  private let format: Format
  private let verdicts: Set<Verdict>?
  private var capture: CaptureSummary
  private(set) var counts: [Verdict: UInt64] = [:]

  /// - Parameters:
  ///   - name: what the capture is called.
  ///   - verdicts: the only ones to write; `nil` for all.
  init(_ output: PiecedOutput, _ format: Format, name: String, only verdicts: Set<Verdict>?) {
    self.output = output
    self.format = format
    self.verdicts = verdicts
    capture = CaptureSummary(
      parts: [CapturePart(source: name)], statistics: CaptureStatistics(), reassembly: .init())
    // The kernel gives them, and a line's precision does not depend on what came before.
    capture.statistics.hasNanoseconds = true
  }

  func name(_ interfaces: [UInt32: String]) { capture.statistics.interfaceNames = interfaces }
  func name(_ pods: [UInt32: PodName]) { capture.statistics.pods = pods }

  func write(_ session: Session) {
    counts[session.verdict, default: 0] += 1
    guard verdicts?.contains(session.verdict) ?? true else { return }
    switch format {
    case .text(let style):
      output.write { $0.append(LiveLine.text(session, pods: capture.statistics.pods, style: style)) }
    case .ndjson: output.write { JSONReport.append(session, captures: [capture], to: &$0) }
    }
  }

  /// Sessions without the server's Close frame.
  var failures: UInt64 { counts[.lost, default: 0] + counts[.absent, default: 0] }

  /// What was counted so far, in a few lines.
  func summary(_ counters: LiveCounters) -> [String] {
    let total = counts.values.reduce(0, +)
    let parts = Verdict.allCases.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
    let sessions = total == 0 ? "no WebSocket" : "\(total) WebSocket\(total == 1 ? "" : "s"): "
    var lines = [sessions + parts.joined(separator: ", ")]
    lines.append(
      "\(counters.capture.packets) packets, \(counters.live.drops) dropped,"
        + " \(counters.reassembly.connections) TCP connections, \(counters.openConnections) open")
    for interface in counters.live.interfaces {
      lines.append(
        "\(interface.name)\(interface.isOpen ? "" : " (gone)"): \(interface.packets) packets,"
          + " \(interface.kernelDrops) dropped by the kernel, \(interface.interfaceDrops) by the interface")
    }
    return lines
  }
}
