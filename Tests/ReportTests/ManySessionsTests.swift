import CloseAnalysis
import Streams
import Testing

@testable import Report

@Suite struct ManySessionsTests {
  static let reports = Reports.closed(4321, "maintenance")

  /// As many sessions as wanted, each with an id of its own.
  private func sessions(_ count: Int) throws -> [Session] {
    let session = try #require(Self.reports.sessions.first)
    return (0..<count).map { index in
      var copy = session
      copy.id = index + 1
      return copy
    }
  }

  /// Around the number that one core writes at a time, and that all of them write before it is passed on.
  static let counts = [0, 1, 31, 32, 33, 511, 512, 513, 1100]

  @Test(arguments: counts)
  func `lines are those of each session, in order`(count: Int) throws {
    let sessions = try sessions(count)
    var lines = TextBuffer()
    JSONReport.lines(Self.reports.analysis, sessions: sessions) { lines.append($0) }
    let single = sessions.flatMap { JSONReport.line($0, captures: Self.reports.analysis.captures) }
    #expect(lines.takeBytes() == single)
  }

  @Test(arguments: counts)
  func `one object has all sessions, in order`(count: Int) throws {
    let sessions = try sessions(count)
    let report = JSONReport.report(Self.reports.analysis, sessions: sessions)
    let object = try JSON.object(String(decoding: report, as: UTF8.self))
    #expect(try object.array("sessions").map { $0["id"] as? String } == sessions.map { "\($0.id)" })
  }

  @Test(arguments: counts)
  func `each session has its block in the text`(count: Int) throws {
    let text = Self.reports.text(only: try sessions(count))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("delivered") } == count)
  }

  @Test(arguments: [(0, 4), (1, 4), (4, 4), (5, 4), (1000, 7)])
  func `parts are disjoint, in order, and make the whole`(count: Int, length: Int) {
    let parts = (0..<count).mapParts(of: length) { $0 }
    #expect(parts.flatMap { Array($0) } == Array(0..<count))
    #expect(parts.allSatisfy { $0.count <= length && !$0.isEmpty })
  }
}
