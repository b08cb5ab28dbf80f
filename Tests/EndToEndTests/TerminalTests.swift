import Foundation
import TestSupport
import Testing

@Suite struct TerminalTests {
  static let hasScript = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")
  static let path = Sample.named("lost-close-default").path
  private static let onTerminal = "script -qec \"\\\"$wsclose\\\" $2 \\\"$1\\\"\" /dev/null"

  @Test(.enabled(if: hasScript))
  func `a terminal gets colour`() async throws {
    let outcome = try await Self.onTerminal("", ["TERM": "xterm", "NO_COLOR": ""])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\u{1b}["))
    let plain = outcome.output.replacing(#/\u{1b}\[[0-9;]*m/#, with: "").replacing("\r\n", with: "\n")
    #expect(try await plain == Command.wsclose([Self.path]).output)
  }

  static let reasons: [[String: String]] = [
    ["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb", "NO_COLOR": ""],
  ]

  @Test(.enabled(if: hasScript), arguments: reasons)
  func `a terminal that wants no colour gets none`(environment: [String: String]) async throws {
    let outcome = try await Self.onTerminal("", environment)
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1b}"))
    #expect(try await outcome.output.replacing("\r\n", with: "\n") == Command.wsclose([Self.path]).output)
  }

  @Test(.enabled(if: hasScript), arguments: ["--format json", "--format ndjson", "--output /dev/null"])
  func `programs and files get no colour`(arguments: String) async throws {
    let outcome = try await Self.onTerminal(arguments, ["TERM": "xterm", "NO_COLOR": ""])
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1b}"))
  }

  @Test func `a file or a pipe gets no colour`() async throws {
    let environment = ["TERM": "xterm", "NO_COLOR": "", "CLICOLOR_FORCE": ""]
    #expect(try await !Command.wsclose([Self.path], environment: environment).output.contains("\u{1b}"))
    let piped = try await Command.shell("\"$wsclose\" \"$1\" | cat", [Self.path], environment: environment)
    #expect(piped.output.contains("lost"))
    #expect(!piped.output.contains("\u{1b}"))
  }

  @Test(.enabled(if: hasScript))
  func `what strangers sent does not act on a terminal`() async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("hostile.pcap", PcapBytes.file(Sessions.hostile))
      for arguments in ["", "frames", "frames --payload", "--format json"] {
        let outcome = try await Self.onTerminal(arguments, ["TERM": "xterm", "NO_COLOR": ""], path: path)
        let text = outcome.output.replacing(#/\u{1b}\[[0-9;]*m/#, with: "").replacing("\r\n", with: "\n")
        let controls = text.unicodeScalars.filter {
          $0.value < 0x20 && $0 != "\n" || (0x7f...0x9f).contains($0.value)
        }
        #expect(controls.isEmpty, "\(arguments)")
        #expect(!text.unicodeScalars.contains("\u{202e}"), "\(arguments)")
        #expect(!text.contains("\nlost   fake"), "\(arguments)")
      }
    }
  }

  /// Standard input pauses in the middle, for longer than anybody waits without a sign.
  private static let paused =
    "(head -c 200000 \"$1\"; sleep 2.2; tail -c +200001 \"$1\") | \"$wsclose\" --output /dev/null -"

  @Test(.enabled(if: hasScript)) func `a long reading tells how far it is`() async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("long.pcap", PcapBytes.file(Self.strays))
      let outcome = try await Command.shell(
        "export path=\"$1\"; script -qec 'set -- \"$path\"; \(Self.paused)' /dev/null", [path],
        environment: ["TERM": "xterm"])
      #expect(outcome.status == 0)
      #expect(outcome.output.contains(#/\d+ kB, [\d.]+ kB\/s; [\d,]+ packets, 0 WebSocket legs/#))
      // Nothing of it is left.
      #expect(outcome.output.hasSuffix("\r\u{1b}[K"))
    }
  }

  @Test(.enabled(if: hasScript)) func `a pipe that gives little or nothing tells so`() async throws {
    let outcome = try await Command.shell(
      "export path=\"$1\"; script -qec '(head -c 3000 \"$path\"; sleep 3) | \"$wsclose\" --output /dev/null -' /dev/null",
      [Self.path], environment: ["TERM": "xterm"])
    #expect(outcome.output.contains("3.0 kB, "), "\(outcome.output)")
  }

  @Test(.enabled(if: hasScript), arguments: [("--format json", 30), ("frames", 20)])
  func `on a narrow terminal it has one row`(arguments: String, columns: Int) async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("long.pcap", PcapBytes.file(Self.strays))
      let reading =
        "(head -c 200000 \"$1\"; sleep 2.2; tail -c +200001 \"$1\") | \"$wsclose\" \(arguments) - >/dev/null"
      let outcome = try await Command.shell(
        "export path=\"$1\"; script -qec 'stty cols \(columns); set -- \"$path\"; \(reading)' /dev/null",
        [path],
        environment: ["TERM": "xterm"])
      #expect(outcome.status == 0)
      let texts = outcome.output.components(separatedBy: "\r\u{1b}[K").filter { !$0.isEmpty }
      #expect(!texts.isEmpty && texts.allSatisfy { $0.count == columns - 1 }, "\(texts)")
    }
  }

  @Test func `a long reading tells nothing where nobody looks`() async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("long.pcap", PcapBytes.file(Self.strays))
      let outcome = try await Command.shell(Self.paused, [path], environment: ["TERM": "xterm"])
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
    }
  }

  private static let strays: [TestPacket] = Array(
    repeating: Array(Sessions.hostile.prefix(1)), count: 8000
  ).flatMap { $0 }

  private static func onTerminal(
    _ arguments: String, _ environment: [String: String], path: String = path
  ) async throws -> Command.Outcome {
    try await Command.shell(onTerminal, [path, arguments], environment: environment)
  }
}
