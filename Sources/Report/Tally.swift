import CloseAnalysis
import FoundationEssentials

/// What a report counts: sessions by verdict, and by the rules that found something.
package struct Tally: Equatable, Sendable {
  package private(set) var sessions = 0
  package private(set) var verdicts: [Verdict: Int] = [:]
  /// Sessions in which the rule found something.
  package private(set) var findings: [String: Int] = [:]
  /// Sessions with a finding that is more than information.
  package private(set) var troubled = 0
  /// Sessions of which only the verdict is known: `--only` has left them out of the report.
  package private(set) var withoutFindings = 0

  package init(_ analysis: Analysis) {
    for session in analysis.sessions {
      add(session.verdict, session.findings.map { ($0.rule, $0.severity) })
    }
  }

  /// Counts a report that `wsclose` wrote, JSON or NDJSON.
  ///
  /// - Throws: `TallyError` with the line that is no such report.
  package init(json bytes: [UInt8]) throws(TallyError) {
    if let report = try? JSONDecoder().decode(ReportJSON.self, from: Data(bytes)) {
      guard report.schema == "wsclose.report/1" else { throw TallyError(line: 1) }
      report.sessions.forEach { add($0) }
      guard take(report.summary) else { throw TallyError(line: 1) }
      return
    }
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let session = try? JSONDecoder().decode(SessionLine.self, from: Data(line)),
        session.schema == "wsclose.session/1"
      else { throw TallyError(line: index + 1) }
      add(session)
    }
  }

  private mutating func add(_ session: SessionLine) {
    add(
      Verdict(rawValue: session.verdict) ?? .undetermined,
      session.findings.map { ($0.rule, Finding.Severity(rawValue: $0.severity) ?? .info) })
  }

  private mutating func add(_ verdict: Verdict, _ found: [(rule: String, severity: Finding.Severity)]) {
    sessions += 1
    verdicts[verdict, default: 0] += 1
    for rule in Set(found.map(\.rule)) { findings[rule, default: 0] += 1 }
    if found.contains(where: { $0.severity != .info }) { troubled += 1 }
  }

  /// Counts the sessions that the report does not tell of, too.
  ///
  /// - Returns: false if the summary contradicts itself, or what was counted.
  private mutating func take(_ summary: SummaryJSON) -> Bool {
    let counts = summary.verdicts
    guard counts.values.allSatisfy({ $0 >= 0 }), counts.values.reduce(0, +) == Int(summary.sessions),
      verdicts.allSatisfy({ $0.value <= counts[$0.key, default: 0] })
    else { return false }
    withoutFindings = Int(summary.sessions) - sessions
    sessions = Int(summary.sessions)
    verdicts = counts.filter { $0.value > 0 }
    return true
  }

  /// Sessions in which the client got no Close frame.
  package var withoutClose: Int { verdicts[.lost, default: 0] + verdicts[.absent, default: 0] }

  /// The same, with those of which the capture cannot tell.
  var perhapsWithoutClose: Int { withoutClose + verdicts[.undetermined, default: 0] }
}

/// A file that is not a report of `wsclose`.
package struct TallyError: Error, Equatable {
  package var line: Int
}

private struct ReportJSON: Decodable {
  var schema: String
  var summary: SummaryJSON
  var sessions: [SessionLine]
}

/// Counts over all sessions. They are multiplied with each other: 32 bits are enough, and cannot overflow.
private struct SummaryJSON: Decodable {
  var sessions: Int32
  var delivered: Int32
  var lost: Int32
  var absent: Int32
  var undetermined: Int32
  var open: Int32

  var verdicts: [Verdict: Int] {
    [
      .delivered: Int(delivered), .lost: Int(lost), .absent: Int(absent), .undetermined: Int(undetermined),
      .open: Int(open),
    ]
  }
}

private struct SessionLine: Decodable {
  struct Found: Decodable {
    var rule: String
    var severity: String
  }
  var schema: String?
  var verdict: String
  var findings: [Found]
}
