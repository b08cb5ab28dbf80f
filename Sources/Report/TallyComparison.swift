import CloseAnalysis

/// Two reports side by side: did a change help?
package struct TallyComparison: Sendable {
  package enum Outcome: String, Sendable {
    case better, worse, same
    /// What is not known could turn the comparison.
    case unclear

    /// Whether a change with this outcome must not pass for a success.
    package var isFailure: Bool { self == .worse || self == .unclear }
  }

  private let before: Tally
  private let after: Tally

  package init(before: Tally, after: Tally) {
    self.before = before
    self.after = after
  }

  /// By the share of sessions that got no Close frame; that being equal, by the share with a warning.
  package var outcome: Outcome {
    guard before.sessions > 0, after.sessions > 0 else { return .unclear }
    guard hasEqualShares else {
      // Better and worse hold whatever the undetermined sessions were.
      if change(\.withoutClose, \.perhapsWithoutClose) < 0 { return .better }
      if change(\.perhapsWithoutClose, \.withoutClose) > 0 { return .worse }
      return .unclear
    }
    guard hasAllFindings else { return .unclear }
    let troubled = change(\.troubled, \.troubled)
    return troubled == 0 ? .same : troubled < 0 ? .better : .worse
  }

  /// Whether as many sessions got no Close frame, and may have got none, on both sides.
  private var hasEqualShares: Bool {
    change(\.withoutClose, \.withoutClose) == 0 && change(\.perhapsWithoutClose, \.perhapsWithoutClose) == 0
  }

  /// Whether what was found in every session is known; of some it is not in a report that was written with `--only`.
  private var hasAllFindings: Bool { before.withoutFindings == 0 && after.withoutFindings == 0 }

  /// Above 0 if a share grew. Shares are compared without dividing: a/b < c/d.
  private func change(_ old: KeyPath<Tally, Int>, _ new: KeyPath<Tally, Int>) -> Int {
    after[keyPath: new] * before.sessions - before[keyPath: old] * after.sessions
  }

  package var text: String {
    var lines = [Self.row("", "before", "after", "")]
    for row in rows {
      let change = row.after - row.before
      lines.append(
        Self.row(
          row.name, "\(row.before)", "\(row.after)",
          change == 0 ? "" : change > 0 ? "+\(change)" : "\(change)"))
    }
    return lines.joined(separator: "\n") + "\n\n" + conclusion + "\n"
  }

  package var json: [UInt8] {
    var writer = JSONWriter(isIndented: true)
    writer.object { writer in
      writer.field("schema", "wsclose.diff/1")
      writer.field("outcome", outcome.rawValue)
      writer.array("counts", rows) { writer, row in
        writer.object { writer in
          writer.field("name", row.name)
          writer.field("before", UInt64(row.before))
          writer.field("after", UInt64(row.after))
        }
      }
    }
    writer.endLine()
    return writer.takeBytes()
  }

  private var rows: [(name: String, before: Int, after: Int)] {
    let rules = hasAllFindings ? Set(before.findings.keys).union(after.findings.keys).sorted() : []
    return [("sessions", before.sessions, after.sessions)]
      + Verdict.allCases.map {
        ($0.rawValue, before.verdicts[$0, default: 0], after.verdicts[$0, default: 0])
      }
      + rules.map { ($0, before.findings[$0, default: 0], after.findings[$0, default: 0]) }
  }

  private var conclusion: String {
    let change = "Sessions without the server's Close frame: \(shares(\.withoutClose))."
    switch outcome {
    case .better: return "Better. " + change
    case .worse: return "Worse. " + change
    case .same: return "No difference that counts. " + change
    case .unclear where before.sessions == 0 && after.sessions == 0:
      return "Cannot be compared: there is no WebSocket in either."
    case .unclear where before.sessions == 0: return "Cannot be compared: there is no WebSocket before."
    case .unclear where after.sessions == 0: return "Cannot be compared: there is no WebSocket after."
    case .unclear where !hasEqualShares:
      return "Cannot be told: undetermined are \(shares { $0.verdicts[.undetermined, default: 0] }). "
        + change
    case .unclear:
      return "Cannot be told: --only has left out the findings of \(shares(\.withoutFindings)). " + change
    }
  }

  private func shares(_ count: (Tally) -> Int) -> String {
    "\(count(before)) of \(before.sessions) before, \(count(after)) of \(after.sessions) after"
  }

  private static func row(_ name: String, _ before: String, _ after: String, _ change: String) -> String {
    func right(_ text: String) -> String { String(repeating: " ", count: max(0, 8 - text.count)) + text }
    let left = name + String(repeating: " ", count: max(0, 24 - name.count))
    return left + right(before) + right(after) + (change.isEmpty ? "" : right(change))
  }
}
