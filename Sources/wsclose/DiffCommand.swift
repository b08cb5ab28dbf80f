import ArgumentParser
import Capture
import CloseAnalysis
import Pipeline
import Report
import TLSDecode

/// `wsclose diff BEFORE AFTER`
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two captures or JSON reports: did a change help?",
    discussion: """
      Compared is the share of sessions without the server's Close frame (lost, absent); that being equal, \
      the share of sessions with a warning or an error. An undetermined session may be of either kind: where \
      that could turn the comparison, or where one side has no WebSocket at all, it cannot be told whether the \
      change helped. An empty file is a report in NDJSON that has no session.

      Write reports without --only. One in JSON tells the verdicts of all sessions all the same, and not what was \
      found in those left out; one in NDJSON does not tell that there were more.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(
    help: "A capture, or a report written with --format json or ndjson; '-' is standard input.",
    completion: .file())
  var before: String

  @Argument(help: "The same after the change.", completion: .file())
  var after: String

  @Option(name: .shortAndLong, help: "A BPF filter for captures, as in pcap-filter(7).")
  var filter: String?

  @OptionGroup var decoding: DecodeArguments

  @OptionGroup var keys: KeyLogArguments

  @OptionGroup(title: "Limits") var limits: LimitArguments

  @Option(help: "text or json.")
  var format = Format.text

  @Flag(help: "Exit with 1 if it got worse, or if that cannot be told.")
  var exitCode = false

  func validate() throws {
    if before == "-", after == "-" { throw ValidationError("standard input can be read only once") }
  }

  func run() throws {
    var errors: [CaptureError] = []
    let keyLog = try keys.load()
    let comparison = TallyComparison(
      before: try tally(before, keyLog, &errors), after: try tally(after, keyLog, &errors))
    let bytes = format == .json ? comparison.json : Array(comparison.text.utf8)
    try Output(path: nil).write(bytes.span)
    try Output.finish(with: errors)
    if exitCode, comparison.outcome.isFailure { throw ExitCode(1) }
  }

  private func tally(_ path: String, _ keyLog: KeyLog, _ errors: inout [CaptureError]) throws -> Tally {
    do throws(CaptureError) {
      switch try ReportFile(path: path) {
      case .report(let bytes): return try tally(bytes, path)
      case .capture(let beginning):
        var source = CaptureSource(path: path)
        source.filter = filter
        source.decoding = decoding.options(limits.limits)
        source.beginning = beginning
        let reading = try Pipeline.readTelling(
          source, keyLog: keyLog, into: LegCollector(),
          progress: ProgressLine(totalBytes: CaptureSource.totalBytes(of: source.paths)))
        errors += reading.damages
        return Tally(Analysis(captures: [reading.summary], legs: reading.sink.legs))
      }
    } catch {
      throw Output.failure(error)
    }
  }

  private func tally(_ report: [UInt8], _ path: String) throws(CaptureError) -> Tally {
    do throws(TallyError) {
      return try Tally(json: report)
    } catch {
      throw CaptureError(
        source: path == "-" ? "standard input" : path,
        problem: "line \(error.line) is not a report of wsclose",
        advice: "write one with wsclose --format json")
    }
  }
}
