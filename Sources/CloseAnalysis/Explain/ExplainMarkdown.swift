/// docs/findings.md.
package enum ExplainMarkdown {
  package static var page: String {
    var lines = [
      "# Findings and close codes",
      "",
      "<!-- Written by `make docs` from Sources/CloseAnalysis: change it there. -->",
      "",
      "What `wsclose` finds in a session, the weightiest first, and what every close code means. `wsclose"
        + " explain`",
      "tells the same: `wsclose explain late-teardown`, `wsclose explain 1006`.",
      "",
      "A rule is triggered only by what the capture shows. Where that is no proof of a cause, the finding"
        + " says",
      "\"consistent with\". Every finding names the packets that show it.",
      "",
      "## Rules",
      "",
    ]
    lines += table("rule", ExplainCatalogue.rules)
    lines += ExplainCatalogue.rules.flatMap { section($0) }
    lines += ["", "## Close codes", ""]
    lines += table("code", ExplainCatalogue.codes)
    lines += ExplainCatalogue.codes.flatMap { section($0) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func table(_ heading: String, _ entries: [Explanation]) -> [String] {
    ["| \(heading) | what it means |", "|---|---|"]
      + entries.map { "| [\($0.title)](#\(anchor($0.title))) | \($0.summary) |" }
  }

  /// As GitHub makes it from a heading.
  private static func anchor(_ title: String) -> String {
    let kept = title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " }
    return String(kept.map { $0 == " " ? "-" : $0 })
  }

  private static func section(_ entry: Explanation) -> [String] {
    var lines = ["", "### \(entry.title)", ""]
    lines += entry.sections.map { "**\($0.label).** \($0.text)" }.flatMap { [$0, ""] }.dropLast()
    for remedy in entry.remedies {
      lines += ["", "*Remedy:* \(remedy.summary)."]
      if let paste = remedy.paste { lines += ["", "```", paste, "```"] }
    }
    return lines
  }
}
