import CloseAnalysis

/// Two reports side by side: did a change help?
package struct TallyComparison: Sendable {
  package enum Outcome: String, Sendable { case better, worse, same }

  private let before: Tally
  private let after: Tally

  package init(before: Tally, after: Tally) {
    self.before = before
    self.after = after
  }

  /// By the share of sessions that got no Close frame; that being equal, by the share with a warning.
  package var outcome: Outcome {
    for count in [\Tally.withoutClose, \Tally.troubled] {
      // Shares compared without dividing: a/b < c/d.
      let left = before[keyPath: count] * after.sessions
      let right = after[keyPath: count] * before.sessions
      if left != right { return left > right ? .better : .worse }
    }
    return .same
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
    return writer.bytes
  }

  private var rows: [(name: String, before: Int, after: Int)] {
    let rules = Set(before.findings.keys).union(after.findings.keys).sorted()
    return [("sessions", before.sessions, after.sessions)]
      + Verdict.allCases.map {
        ($0.rawValue, before.verdicts[$0, default: 0], after.verdicts[$0, default: 0])
      }
      + rules.map { ($0, before.findings[$0, default: 0], after.findings[$0, default: 0]) }
  }

  private var conclusion: String {
    let was = "\(before.withoutClose) of \(before.sessions)"
    let now = "\(after.withoutClose) of \(after.sessions)"
    let change = "Sessions without the server's Close frame: \(was) before, \(now) after"
    switch outcome {
    case .better: return "Better. " + change + "."
    case .worse: return "Worse. " + change + "."
    case .same: return "No difference that counts. " + change + "."
    }
  }

  private static func row(_ name: String, _ before: String, _ after: String, _ change: String) -> String {
    func right(_ text: String) -> String { String(repeating: " ", count: max(0, 8 - text.count)) + text }
    let left = name + String(repeating: " ", count: max(0, 24 - name.count))
    return left + right(before) + right(after) + (change.isEmpty ? "" : right(change))
  }
}
