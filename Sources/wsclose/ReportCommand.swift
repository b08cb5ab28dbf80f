import ArgumentParser
import CloseAnalysis

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
    var run = ReportRun(paths: captures.paths)
    run.source = captures.source([])
    run.keyLogs = captures.keys.keylog
    (run.format, run.output) = (format, output)
    run.only = only?.verdicts
    run.exitCode = exitCode
    try run.run()
  }
}

/// `lost,absent`
struct VerdictList: ExpressibleByArgument {
  var verdicts: Set<Verdict> = []

  static let defaultCompletionKind = CompletionKind.list(Verdict.allCases.map(\.rawValue))

  init?(argument: String) {
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let verdict = Verdict(rawValue: String(name)) else { return nil }
      verdicts.insert(verdict)
    }
  }
}
