import Capture
import CloseAnalysis
import Pipeline
import Report

/// Writes what `wsclose live` finds: each session in a line when it has ended, the counts when asked.
final class LiveReport {
  enum Format { case text(TextStyle), ndjson }

  private let output: LiveLines
  private let format: Format
  private let verdicts: Set<Verdict>?
  private var capture: CaptureSummary
  private(set) var counts: [Verdict: UInt64] = [:]
  private let destinations: LiveDestinations.Started

  /// - Parameters:
  ///   - name: what the capture is called.
  ///   - verdicts: the only ones to write; `nil` for all.
  ///   - destinations: what is told besides.
  init(
    _ output: LiveLines, _ format: Format, name: String, only verdicts: Set<Verdict>?,
    _ destinations: LiveDestinations.Started
  ) {
    self.output = output
    self.format = format
    self.verdicts = verdicts
    self.destinations = destinations
    capture = CaptureSummary(
      parts: [CapturePart(source: name)], statistics: CaptureStatistics(), reassembly: .init())
    // The kernel gives them, and a line's precision does not depend on what came before.
    capture.statistics.hasNanoseconds = true
  }

  func name(_ interfaces: [UInt32: String]) { capture.statistics.interfaceNames = interfaces }
  func name(_ pods: [UInt32: PodName]) { capture.statistics.pods = pods }

  func write(_ session: Session) {
    counts[session.verdict, default: 0] += 1
    destinations.status?.count(session)
    destinations.evidence?.keep(session, interfaceNames: capture.statistics.interfaceNames)
    guard verdicts?.contains(session.verdict) ?? true else { return }
    var json: [UInt8]?
    switch format {
    case .text(let style):
      output.write(line: Array(LiveLine.text(session, pods: capture.statistics.pods, style: style).utf8))
    case .ndjson:
      let line = JSONReport.line(session, captures: [capture])
      output.write(line: line)
      json = line
    }
    guard let status = destinations.status else { return }
    status.add(json: json ?? JSONReport.line(session, captures: [capture]))
  }

  /// Sessions without the server's Close frame.
  var failures: UInt64 { counts[.lost, default: 0] + counts[.absent, default: 0] }

  /// What was counted so far, in a few lines.
  func summary(_ pipeline: LivePipeline) -> [String] {
    let counters = pipeline.counters
    let total = counts.values.reduce(0, +)
    let parts = Verdict.allCases.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
    let sessions = total == 0 ? "no WebSocket" : "\(total) WebSocket\(total == 1 ? "" : "s"): "
    var lines = [sessions + parts.joined(separator: ", ")]
    lines.append(
      "\(counters.capture.packets) packets, \(counters.live.drops) dropped,"
        + " \(counters.reassembly.connections) TCP connections, \(pipeline.unendedConnections) open")
    for interface in counters.live.interfaces {
      lines.append(
        "\(interface.name)\(interface.isOpen ? "" : " (gone)"): \(interface.packets) packets,"
          + " \(interface.kernelDrops) dropped by the kernel, \(interface.interfaceDrops) by the interface")
    }
    return lines + destinationLines
  }

  private var destinationLines: [String] {
    var lines: [String] = []
    if let counts = destinations.file?.counts, counts.lostLines > 0 {
      lines.append("\(counts.lostLines) lines (\(counts.lostBytes) bytes) could not be written")
    }
    if let counts = destinations.evidence?.folder.counts {
      let lost = counts.lostFiles == 0 ? "" : ", \(counts.lostFiles) could not be written"
      lines.append("evidence of \(counts.files) session\(counts.files == 1 ? "" : "s")\(lost)")
    }
    return lines
  }
}
