import CloseAnalysis

/// Colours for a terminal, or none.
package struct TextStyle: Sendable {
  private let isColoured: Bool

  package init(isColoured: Bool) { self.isColoured = isColoured }

  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }

  /// - Parameter text: appends what is to be dim.
  func dim(in lines: inout TextBuffer, _ text: (inout TextBuffer) -> Void) {
    if isColoured { lines.append("\u{1b}[2m") }
    text(&lines)
    if isColoured { lines.append("\u{1b}[0m") }
  }

  func verdict(_ verdict: Verdict) -> String {
    switch verdict {
    case .delivered: wrap(verdict.rawValue, "1;32")
    case .lost: wrap(verdict.rawValue, "1;31")
    case .absent, .undetermined: wrap(verdict.rawValue, "1;33")
    case .open: wrap(verdict.rawValue, "1")
    }
  }

  func severity(_ severity: Finding.Severity) -> String {
    switch severity {
    case .error: wrap(severity.rawValue, "31")
    case .warning: wrap(severity.rawValue, "33")
    case .info: wrap(severity.rawValue, "36")
    }
  }

  private func wrap(_ text: String, _ code: String) -> String {
    isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
