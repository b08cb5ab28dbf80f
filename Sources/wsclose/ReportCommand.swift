import ArgumentParser
import Capture
import CloseAnalysis
import Pipeline
import Report
import TLSDecode

/// `wsclose FILE...`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Report on captures (this is what wsclose does without a command).")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, ndjson }

  @OptionGroup var captures: CaptureArguments

  @Option(help: "text, json or ndjson.")
  var format = Format.text

  @Option(help: "Write the report to a file.", completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Only sessions with these verdicts, separated by commas.",
      valueName: Verdict.allCases.map(\.rawValue).joined(separator: ",")))
  var only: VerdictList?

  @Flag(help: "Exit with 1 if any session is lost or absent.")
  var exitCode = false

  func run() throws {
    Interrupt.install()
    // Before the reading, which may go on for hours.
    let output = try Output(path: output)
    let keyLog = try captures.keys.load()
    let paths = CapturePaths(captures.paths)
    // Only what several captures saw has to be known as a whole.
    if format == .ndjson, paths.captures.count == 1 { return try stream(paths, keyLog, to: output) }
    let readings = CaptureReadings(paths, captures, keyLog)
    let analysis = Analysis(captures: readings.captures, legs: readings.legs)
    let sessions = only.map { only in analysis.sessions.filter { only.verdicts.contains($0.verdict) } }
    // With nothing read there is nothing to report; what was asked for in JSON is JSON all the same.
    let isEmpty = analysis.captures.isEmpty && format != .json
    try output.replace(with: [])
    let pieces = PiecedOutput(output)
    if !isEmpty { write(analysis, sessions ?? analysis.sessions, to: pieces) }
    try pieces.finish()
    try Output.finish(with: readings.errors)
    let hasFailures = exitCode && analysis.count(.lost) + analysis.count(.absent) > 0
    // To give back what all was known in would take a tenth of the time, and the end of the process does it.
    withExtendedLifetime((readings, analysis)) { Self.exit(withError: ExitCode(hasFailures ? 1 : 0)) }
  }

  /// Writes each session as it ends.
  private func stream(_ paths: CapturePaths, _ keyLog: KeyLog, to file: Output) throws {
    try file.replace(with: [])
    let output = PiecedOutput(file)
    var failures = 0
    let errors = paths.readEach(while: { output.isOpen }) { files throws(CaptureError) in
      var source = captures.source(files)
      let lines = SessionLines(output, of: source, only: only?.verdicts)
      let sessions = LegHandOver(lines.makeStream())
      source.beforeWaiting = {
        sessions.flush()
        lines.flush()
      }
      source.isStopped = { !output.isOpen }
      // Lines and progress would be mixed on one terminal.
      let progress = ProgressLine(isShown: self.output != nil || !Output.isTerminal)
      let reading = try Pipeline.readTelling(
        source, keyLog: keyLog, into: sessions, progress: progress, onInterfaceNames: lines.name)
      sessions.finish { $0.finish() }
      lines.flush()
      failures += lines.failures
      if let next = reading.remaining.first {
        Output.complain(
          "\(next): overlaps the files before it in time: its sessions are told apart from theirs;"
            + " --format json joins them")
      }
      return (reading.damages, reading.remaining)
    }
    try output.finish()
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

/// `lost,absent`
struct VerdictList: ExpressibleByArgument {
  var verdicts: Set<Verdict> = []

  init?(argument: String) {
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let verdict = Verdict(rawValue: String(name)) else { return nil }
      verdicts.insert(verdict)
    }
  }
}
