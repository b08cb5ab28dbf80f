/// `wsclose explain` on a terminal.
package enum ExplainText {
  private static let width = 100
  private static let labelWidth = 13

  /// All topics, a line each.
  package static func list() -> String {
    var lines = ["Rules: what wsclose finds in a session, the weightiest first.", ""]
    lines += table(ExplainCatalogue.rules.map { ($0.topic, $0.summary) })
    lines += ["", "Close codes.", ""]
    lines += table(ExplainCatalogue.codes.map { ($0.title, $0.summary) })
    lines += ["", "wsclose explain RULE, wsclose explain CODE: what it means and what to do."]
    return text(lines)
  }

  package static func entry(_ explanation: Explanation) -> String {
    var lines = [explanation.title, "  \(explanation.summary)", ""]
    for section in explanation.sections {
      lines += wrap(section.text, label: section.label)
    }
    for remedy in explanation.remedies {
      lines += [""] + wrap(remedy.summary + ".", label: "Remedy")
      guard let paste = remedy.paste else { continue }
      lines += [""]
      lines += paste.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
    }
    return text(lines)
  }

  private static func text(_ lines: [String]) -> String {
    lines.map { $0.allSatisfy { $0 == " " } ? "\n" : "\($0)\n" }.joined()
  }

  private static func table(_ rows: [(name: String, text: String)]) -> [String] {
    let widest = rows.map(\.name.count).max() ?? 0
    return rows.map { "  " + pad($0.name, widest + 2) + $0.text }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Breaks a text at spaces, behind its label.
  private static func wrap(_ text: String, label: String) -> [String] {
    var lines: [String] = []
    var line = "  " + pad(label, labelWidth)
    let indent = String(repeating: " ", count: line.count)
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = indent
        isEmpty = true
      }
      line += isEmpty ? String(word) : " " + word
      isEmpty = false
    }
    return lines + [line]
  }
}
