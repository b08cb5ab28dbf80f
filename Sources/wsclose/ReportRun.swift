import ArgumentParser
import Capture
import CloseAnalysis
import Glibc
import Pipeline
import Report
import TLSDecode

/// A report on captures, as it was asked for.
struct ReportRun {
  /// Captures, and folders of them.
  var paths: [String]
  /// How each of them is read.
  var source = CaptureSource(paths: [])
  /// Files with the keys of TLS connections.
  var keyLogs: [String] = []
  var format = ReportCommand.Format.text
  /// `nil` is standard output.
  var output: String?
  /// The verdicts whose sessions are told; `nil` for all.
  var only: Set<Verdict>?
  /// Whether a session that is lost or absent is a failure.
  var exitCode = false

  init(paths: [String]) { self.paths = paths }

  func run() throws {
    Interrupt.install()
    // Before the reading, which may go on for hours.
    let output = try Output(path: output)
    let paths = CapturePaths(paths)
    let keyLog: KeyLog
    do {
      try output.refuse(toReplace: paths.captures.joined() + keyLogs)
      keyLog = try KeyLogArguments.load(keyLogs)
    } catch {
      output.discard()
      throw error
    }
    // Only what several captures saw has to be known as a whole.
    if format == .ndjson, paths.captures.count == 1 { return try stream(paths, keyLog, to: output) }
    let readings = CaptureReadings(paths, source, keyLog)
    let analysis = Analysis(captures: readings.captures, legs: readings.legs)
    let sessions = only.map { only in analysis.sessions.filter { only.contains($0.verdict) } }
    // With nothing read there is nothing to report; what was asked for in JSON is JSON all the same.
    if analysis.captures.isEmpty, format != .json {
      output.discard()
    } else {
      let pieces = PiecedOutput(output)
      write(analysis, sessions ?? analysis.sessions, to: pieces)
      try pieces.finish()
    }
    try Output.finish(with: readings.errors)
    let hasFailures = exitCode && analysis.count(.lost) + analysis.count(.absent) > 0
    // To give back what all was known in would take a tenth of the time, and the end of the process does it. Not
    // ArgumentParser's `exit`: it prepares a help text first.
    withExtendedLifetime((readings, analysis)) { Glibc.exit(hasFailures ? 1 : 0) }
  }

  /// Writes each session as it ends.
  private func stream(_ paths: CapturePaths, _ keyLog: KeyLog, to file: Output) throws {
    let output = PiecedOutput(file)
    // Lines and progress would be mixed on one terminal.
    let progress = ProgressLine(
      isShown: self.output != nil || !Output.isTerminal, totalBytes: paths.totalBytes)
    var failures = 0
    var isRead = false
    let errors = paths.readEach(while: { output.isOpen }) { files throws(CaptureError) in
      var source = source
      source.paths = files
      let lines = SessionLines(output, of: source, only: only)
      let legs = LegHandOver(lines.makeStream())
      source.beforeWaiting = {
        legs.worker.ask { _ in }
        lines.flush()
      }
      source.isStopped = { !output.isOpen }
      var reading = try Pipeline.readTelling(
        source, keyLog: keyLog, into: legs, progress: progress, onInterfaceNames: lines.name)
      isRead = true
      reading.sink.finish { $0.finish() }
      lines.flush()
      failures += lines.failures
      if let next = reading.remaining.first {
        Output.complain(
          "\(next): overlaps the files before it in time: its sessions are told apart from theirs;"
            + " --format json joins them")
      }
      return (reading.damages, reading.remaining)
    }
    if isRead { try output.finish() } else { file.discard() }
    try Output.finish(with: errors)
    if exitCode, failures > 0 { throw ExitCode(1) }
  }

  private func write(_ analysis: Analysis, _ sessions: [Session], to output: PiecedOutput) {
    switch format {
    case .json: JSONReport.report(analysis, sessions: sessions) { output.write($0) }
    case .ndjson: JSONReport.lines(analysis, sessions: sessions) { output.write($0) }
    case .text:
      let style = TextStyle(isColoured: Output.wantsColour(path: self.output))
      TextReport(analysis, sessions: sessions, style: style).write { output.write($0) }
    }
  }
}
