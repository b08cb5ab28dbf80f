import ArgumentParser
import Capture
import CloseAnalysis
import Report

/// `wsclose diff BEFORE AFTER`
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two captures or JSON reports: did a change help?")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "A capture, or a report written with --format json or ndjson.", completion: .file())
  var before: String

  @Argument(help: "The same after the change.", completion: .file())
  var after: String

  @Option(name: .shortAndLong, help: "A BPF filter for captures, as in pcap-filter(7).")
  var filter: String?

  @Option(help: "text or json.")
  var format = Format.text

  @Flag(help: "Exit with 1 if it got worse.")
  var exitCode = false

  func run() throws {
    var errors: [CaptureError] = []
    let comparison = TallyComparison(
      before: try tally(before, &errors), after: try tally(after, &errors))
    try Output(path: nil).write(format == .json ? comparison.json : Array(comparison.text.utf8))
    try Output.finish(with: errors)
    if exitCode, comparison.outcome == .worse { throw ExitCode(1) }
  }

  private func tally(_ path: String, _ errors: inout [CaptureError]) throws -> Tally {
    do throws(CaptureError) {
      if let report = try ReportFile(path: path) { return try tally(report, path) }
      let (capture, collector) = try Pipeline.read(path, filter: filter) { _ in LegCollector() }
      if let damage = capture.damage { errors.append(damage) }
      return Tally(Analysis(captures: [capture], legs: collector.legs))
    } catch {
      try Output.finish(with: [error])
      throw ExitCode(2)
    }
  }

  private func tally(_ report: ReportFile, _ path: String) throws(CaptureError) -> Tally {
    do throws(TallyError) {
      return try Tally(json: report.bytes)
    } catch {
      throw CaptureError(
        source: path, problem: "line \(error.line) is not a report of wsclose",
        advice: "write one with wsclose --format json")
    }
  }
}
