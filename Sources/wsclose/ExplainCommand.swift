import ArgumentParser
import CloseAnalysis

/// `wsclose explain 1006`, `wsclose explain late-teardown`
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Explain a close code or a rule, and what to do about it.",
    discussion: "Without an argument: list all of them.")

  @Argument(
    help: "A close code such as 1006, a range such as 4000-4999, or a rule such as late-teardown.",
    completion: .list((ExplainCatalogue.rules + ExplainCatalogue.codes).map(\.topic)))
  var topic: String?

  /// docs/findings.md.
  @Flag(help: .hidden)
  var markdown = false

  /// EX_USAGE of sysexits(3).
  private static let usage = ExitCode(64)

  func run() throws {
    try Output(path: nil).write(text().utf8Span.span)
  }

  private func text() throws -> String {
    if markdown { return ExplainMarkdown.page }
    guard let topic else { return ExplainText.list() }
    if let explanation = ExplainCatalogue.explanation(of: topic) { return ExplainText.entry(explanation) }
    let suggestions = ExplainCatalogue.suggestions(for: topic)
    let advice =
      suggestions.isEmpty
      ? "wsclose explain lists all rules and codes" : "did you mean \(suggestions.joined(separator: " or "))?"
    Output.complain("explain: \"\(Self.printable(topic))\" is no rule and no close code; \(advice)")
    throw Self.usage
  }

  /// An argument as one line can show it.
  private static func printable(_ text: String) -> String {
    String(text.prefix(60).map { $0.asciiValue.map { (0x20...0x7e).contains($0) } == true ? $0 : "?" })
  }
}
