import Foundation
import TestSupport
import Testing

@Suite struct DiffCommandTests {
  static let lost = Sample.named("lost-close-default").path
  static let delivered = Sample.named("lost-close-zero").path

  static let outcomes: [(before: String, after: String, word: String, status: Int32)] = [
    (lost, delivered, "Better.", 0), (delivered, lost, "Worse.", 1), (lost, lost, "No difference", 0),
  ]

  @Test(arguments: outcomes)
  func `captures and reports of them compare alike`(
    _ before: String, after: String, word: String, status: Int32
  ) async throws {
    try await TemporaryFiles.with { files in
      for format in [nil, "json", "ndjson"] {
        var paths = [before, after]
        for (index, path) in paths.enumerated() {
          guard let format else { break }
          let report = try await Command.wsclose(["--format", format, path]).output
          paths[index] = try files.file("\(index).\(format)", report.utf8)
        }
        let outcome = try await Command.wsclose(["diff"] + paths)
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.contains("\n\(word)"), "\(outcome.output)")
        #expect(try await Command.wsclose(["diff", "--exit-code"] + paths).status == status)
      }
    }
  }

  @Test(arguments: [nil, "json", "ndjson"])
  func `one of the two may come from standard input`(format: String?) async throws {
    try await TemporaryFiles.with { files in
      var input = Self.lost
      if let format {
        let report = try await Command.wsclose(["--format", format, Self.lost]).output
        input = try files.file("report", report.utf8)
      }
      let file = try await Command.wsclose(["diff", Self.delivered, Self.lost])
      let second = try await Command.wsclose(["diff", Self.delivered, "-"], input: input)
      #expect(second.output == file.output)
      #expect(second.status == 0 && second.errors == "")
      let piped = try await Command.shell(
        "cat \"$1\" | \"$wsclose\" diff \"$2\" -", [input, Self.delivered])
      #expect(piped.output == file.output)
      #expect(piped.status == 0 && piped.errors == "")
      let first = try await Command.wsclose(["diff", "-", Self.delivered], input: input)
      #expect(first.output.contains("\nBetter."))
    }
  }

  @Test(arguments: ["text", "json"])
  func `what is no report names its line`(format: String) async throws {
    let outcome = try await Command.shell(
      "echo '{\"schema\":\"other/1\"}' | \"$wsclose\" diff --format \(format) \"$1\" -", [Self.lost])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("standard input: line 1 is not a report"))
  }

  @Test func `a report without sessions is a report`() async throws {
    try await TemporaryFiles.with { files in
      let none = try files.file("none.pcap", PcapBytes.header())
      for format in ["json", "ndjson"] {
        let written = try await Command.wsclose(["--format", format, none]).output
        let report = try files.file("none.\(format)", written.utf8)
        for (before, after, place) in [
          (report, Self.lost, "before"), (Self.lost, report, "after"), (report, report, "in either"),
        ] {
          let outcome = try await Command.wsclose(["diff", before, after])
          #expect(outcome.status == 0)
          #expect(outcome.errors == "")
          #expect(outcome.output.hasSuffix("\nCannot be compared: there is no WebSocket \(place).\n"))
          #expect(try await Command.wsclose(["diff", "--exit-code", before, after]).status == 1)
        }
      }
    }
  }

  @Test func `a report in JSON tells all verdicts, whatever --only has left out`() async throws {
    let capture = Sample.named("fifty-mixed").path
    try await TemporaryFiles.with { files in
      let written = try await Command.wsclose(["--format", "json", "--only", "lost,absent", capture]).output
      let report = try files.file("only.json", written.utf8)
      let outcome = try await Command.wsclose(["diff", capture, report])
      #expect(outcome.status == 0 && outcome.errors == "")
      #expect(outcome.output.contains("\nCannot be told: --only has left out the findings of 0 of 50 before"))
      let better = try await Command.wsclose(["diff", report, Self.delivered])
      #expect(better.output.contains("\nBetter."))
    }
  }
}
