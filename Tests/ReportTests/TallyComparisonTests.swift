import CloseAnalysis
import Testing

@testable import Report

@Suite struct TallyComparisonTests {
  struct Row: Sendable, CustomTestStringConvertible {
    /// Verdicts by their first letters, with `!` behind those that have a warning.
    var before: String
    var after: String
    var outcome: TallyComparison.Outcome

    var testDescription: String { "\(before) → \(after)" }
  }

  static let rows = [
    Row(before: "l", after: "d", outcome: .better), Row(before: "d", after: "l", outcome: .worse),
    Row(before: "d", after: "a", outcome: .worse), Row(before: "ld", after: "ldld", outcome: .same),
    Row(before: "ldd", after: "ld", outcome: .worse), Row(before: "d", after: "o", outcome: .same),
    // The shares being equal, the warnings count.
    Row(before: "d!", after: "d", outcome: .better), Row(before: "d", after: "d!d", outcome: .worse),
    // What is not known could be a loss.
    Row(before: "d", after: "u", outcome: .unclear), Row(before: "dd", after: "du", outcome: .unclear),
    Row(before: "l", after: "u", outcome: .unclear), Row(before: "u", after: "d", outcome: .unclear),
    Row(before: "u", after: "l", outcome: .unclear), Row(before: "du", after: "du", outcome: .same),
    // It could not make up for what is known.
    Row(before: "lllu", after: "dddu", outcome: .better), Row(before: "dddu", after: "lllu", outcome: .worse),
    Row(before: "llld", after: "ddu", outcome: .better),
    // Nothing to compare with.
    Row(before: "", after: "l", outcome: .unclear), Row(before: "l", after: "", outcome: .unclear),
    Row(before: "d", after: "", outcome: .unclear), Row(before: "", after: "", outcome: .unclear),
  ]

  @Test(arguments: rows)
  func `the share of sessions without a Close frame decides`(_ row: Row) throws {
    #expect(try Self.comparison(row.before, row.after).outcome == row.outcome)
  }

  static let conclusions: [(before: String, after: String, text: String)] = [
    ("l", "d", "Better. Sessions without the server's Close frame: 1 of 1 before, 0 of 1 after."),
    (
      "dd", "du",
      "Cannot be told: undetermined are 0 of 2 before, 1 of 2 after. Sessions without the server's Close frame:"
        + " 0 of 2 before, 0 of 2 after."
    ),
    ("d", "", "Cannot be compared: there is no WebSocket after."),
    ("", "d", "Cannot be compared: there is no WebSocket before."),
    ("", "", "Cannot be compared: there is no WebSocket in either."),
  ]

  @Test(arguments: conclusions)
  func `the last line says what it comes to`(_ before: String, after: String, text: String) throws {
    let lines = try Self.comparison(before, after).text.split(separator: "\n")
    #expect(lines.last.map(String.init) == text)
  }

  /// A report of 3 lost and 5 delivered sessions that tells only of those lost.
  private static func filtered(delivered: String = "5", sessions: String = "8") -> [UInt8] {
    let lost = #"{"verdict":"lost","findings":[{"rule":"late-teardown","severity":"warning"}]}"#
    let counts =
      #""sessions":\#(sessions),"delivered":\#(delivered),"lost":3,"absent":0,"undetermined":0,"open":0"#
    let all = #"{"schema":"wsclose.report/1","summary":{\#(counts)},"sessions":[\#(lost),\#(lost),\#(lost)]}"#
    return Array(all.utf8)
  }

  @Test func `sessions that --only has left out of a report count by their verdicts`() throws {
    let report = try Tally(json: Self.filtered())
    #expect(report.sessions == 8 && report.withoutFindings == 5)
    #expect(report.verdicts == [.delivered: 5, .lost: 3])
    let worse = TallyComparison(before: try Self.tally("ldddd"), after: report)
    #expect(worse.outcome == .worse)
    #expect(!worse.text.contains("late-teardown"))
  }

  @Test func `where only findings could tell, and some were left out, it cannot be told`() throws {
    let same = TallyComparison(before: try Self.tally("lllddddd"), after: try Tally(json: Self.filtered()))
    #expect(same.outcome == .unclear)
    #expect(
      same.text.hasSuffix(
        "Cannot be told: --only has left out the findings of 0 of 8 before, 5 of 8 after."
          + " Sessions without the server's Close frame: 3 of 8 before, 3 of 8 after.\n"))
  }

  @Test(arguments: [("5", "7"), ("-5", "-2"), ("4", "8"), ("9223372036854775807", "9223372036854775807")])
  func `a summary that makes no sense is none`(delivered: String, sessions: String) {
    #expect(throws: TallyError(line: 1)) {
      try Tally(json: Self.filtered(delivered: delivered, sessions: sessions))
    }
  }

  private static func comparison(_ before: String, _ after: String) throws -> TallyComparison {
    TallyComparison(before: try tally(before), after: try tally(after))
  }

  private static func tally(_ letters: String) throws -> Tally {
    let lines = letters.indices.filter { letters[$0] != "!" }.map { index in
      let verdict = Verdict.allCases.first { $0.rawValue.first == letters[index] }
      let next = letters.index(after: index)
      let isTroubled = next < letters.endIndex && letters[next] == "!"
      let finding = isTroubled ? #"{"rule":"late-teardown","severity":"warning"}"# : ""
      return
        #"{"schema":"wsclose.session/1","verdict":"\#(verdict?.rawValue ?? "")","findings":[\#(finding)]}"#
    }
    return try Tally(json: Array(lines.joined(separator: "\n").utf8))
  }
}
