import Foundation
import TestSupport
import Testing

/// What the options do, and the exit status.
@Suite struct OptionTests {
  static let lost = Sample.named("lost-close-default")
  static let absent = Sample.named("server-terminate")
  static let delivered = Sample.named("default-node")

  @Test(arguments: [lost, absent, delivered, Sample.named("deflate", "gateway.pcap")])
  func `a line of NDJSON is a session of the report and a schema`(_ sample: Sample) async throws {
    let report = try await Command.wsclose(["--format", "json", sample.path]).output
    let lines = try await Command.wsclose(["--format", "ndjson", sample.path]).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
    let sessions = try #require(object["sessions"] as? [[String: Any]])
    #expect(lines.hasSuffix("\n"))
    let read = try lines.split(separator: "\n").map { line in
      var object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?.removeValue(forKey: "schema") as? String == "wsclose.session/1")
      return object ?? [:]
    }
    #expect(try Self.text(of: read) == Self.text(of: sessions))
    #expect(read.count == 1)
  }

  static let selections: [(only: String, verdicts: [String])] = [
    ("lost", ["lost"]), ("delivered", ["delivered"]), ("lost,absent", ["lost", "absent"]),
    ("undetermined", []),
    ("delivered,lost,absent,undetermined,open", ["lost", "absent", "delivered"]),
  ]

  @Test(arguments: selections)
  func `--only leaves out other verdicts and counts them all the same`(
    _ only: String, verdicts: [String]
  ) async throws {
    let captures = [Self.lost, Self.absent, Self.delivered].map(\.path)
    let outcome = try await Command.wsclose(["--format", "json", "--only", only] + captures)
    #expect(outcome.status == 0)
    let report = try Report(outcome.output)
    #expect(report.sessions.map(\.verdict).sorted() == verdicts.sorted())
    #expect(report.captures.map(\.source) == captures)
    #expect(report.summary["sessions"] == 3)
    let lines = try await Command.wsclose(["--format", "ndjson", "--only", only] + captures)
    #expect(lines.output.count { $0 == "\n" } == verdicts.count)
  }

  static let statuses: [(captures: [Sample], more: [String], status: Int32)] = [
    ([delivered], [], 0), ([lost], [], 1), ([absent], [], 1), ([delivered, absent], [], 1),
    ([lost], ["--only", "delivered"], 1), ([Sample.named("lost-close-zero")], [], 0),
    ([lost], ["--filter", "udp"], 0),
  ]

  @Test(arguments: statuses)
  func `--exit-code tells whether a Close frame is missing`(
    _ captures: [Sample], more: [String], status: Int32
  ) async throws {
    for format in ["text", "json", "ndjson"] {
      let arguments = ["--format", format] + more + captures.map(\.path)
      #expect(try await Command.wsclose(["--exit-code"] + arguments).status == status)
      #expect(try await Command.wsclose(arguments).status == 0)
    }
  }

  @Test func `an open session is no failure`() async throws {
    try await TemporaryFiles.with { files in
      let capture = try files.file("open.pcap", PcapBytes.file(Sessions.unfinished))
      #expect(try await Command.wsclose(["--exit-code", capture]).status == 0)
    }
  }

  @Test(arguments: ["text", "json", "ndjson"])
  func `--output writes what standard output would get`(format: String) async throws {
    try await TemporaryFiles.with { files in
      let arguments = ["--format", format, Self.lost.path]
      // A longer report of before is replaced.
      let path = try files.file("report", [UInt8](repeating: 0x78, count: 1 << 16))
      let written = try await Command.wsclose(arguments + ["--output", path])
      #expect(written.status == 0)
      #expect(written.output == "" && written.errors == "")
      #expect(try await Command.wsclose(arguments).output == String(contentsOfFile: path, encoding: .utf8))
    }
  }

  @Test func `--filter passes packets over and counts them`() async throws {
    let whole = try await Report.of(Self.delivered.path)
    let outer = try await Report.of(Self.delivered.path, "--filter", "host 10.9.2.1")
    let other = try await Report.of(Self.delivered.path, "--filter", "port 1")
    #expect(whole.captures[0].skipped["filtered"] == nil)
    #expect(outer.sessions.map(\.verdict) == ["delivered"])
    #expect(other.sessions.isEmpty)
    #expect(other.captures[0].skipped["filtered"] == whole.captures[0].packets)
    #expect(outer.captures[0].packets == whole.captures[0].packets)
  }

  /// Recorded behind a network card that fills in checksums later, except those of what the path fragments.
  @Test func `--verify-checksums passes packets over whose checksum is wrong`() async throws {
    let path = Sample.named("path-fragments", "underlay.pcap").path
    let whole = try await Report.of(path)
    let strict = try await Report.of(path, "--verify-checksums")
    #expect(whole.captures[0].skipped["badChecksum"] == nil)
    #expect(strict.captures[0].skipped["badChecksum"] == 29)
    #expect(strict.captures[0].packets == whole.captures[0].packets)
    let (all, some) = (try await frames(path, []), try await frames(path, ["--verify-checksums"]))
    #expect(some.count < all.count)
    let both = [Self.delivered.path, Self.delivered.path]
    let same = try await Command.wsclose(["diff"] + both)
    let none = try await Command.wsclose(["diff", "--verify-checksums"] + both)
    #expect(same.status == 0 && none.status == 0)
    #expect(same.output != none.output)
  }

  @Test func `a filter does not change the packets' numbers`() async throws {
    let all = try await frames(Self.delivered.path, [])
    let some = try await frames(Self.delivered.path, ["--filter", "host 127.0.0.6"])
    #expect(!some.isEmpty && some.count < all.count)
    #expect(Set(some).isSubset(of: all))
  }

  @Test(arguments: ["-r", "--read"])
  func `a capture may be named as for tcpdump`(option: String) async throws {
    let named = try await Command.wsclose(["--format", "json", option, Self.lost.path])
    #expect(try await named.output == Command.wsclose(["--format", "json", Self.lost.path]).output)
  }

  static let pathLists: [[String]] = [
    [lost.path], [lost.path, Sample.named("path-fragments", "underlay.pcap").path], [delivered.folderPath],
    ["/nothing.pcap", absent.path],
  ]

  /// How options are given that need no parser of arguments.
  static let plainOptions: [[String]] = [
    [], ["--format", "text"], ["--format", "json"], ["--format", "ndjson"], ["--output", "/dev/stderr"],
    ["--output", "/dev/stderr", "--format", "json"],
  ]

  @Test(arguments: pathLists, plainOptions)
  func `arguments that need no parser are read as by the parser`(
    _ paths: [String], _ options: [String]
  ) async throws {
    // It is asked wherever there is any other option.
    let parsed = try await Command.wsclose(["--max-connections=1000000"] + options + paths)
    #expect(!(parsed.output + parsed.errors).isEmpty)
    for arguments in [options + paths, [paths[0]] + options + paths.dropFirst()] {
      let plain = try await Command.wsclose(arguments)
      #expect((plain.output, plain.errors, plain.status) == (parsed.output, parsed.errors, parsed.status))
    }
  }

  @Test func `report is what is done without a command`() async throws {
    let named = try await Command.wsclose(["report", "--format", "json", Self.lost.path])
    #expect(try await named.output == Command.wsclose(["--format", "json", Self.lost.path]).output)
  }

  @Test func `frames shows payloads only if they are asked for`() async throws {
    let capture = Sample.named("client-close").path
    #expect(try await !Command.wsclose(["frames", capture]).output.contains("hello"))
    #expect(try await Command.wsclose(["frames", "--payload", capture]).output.contains("hello"))
  }

  /// Packet and place of each frame.
  private func frames(_ path: String, _ arguments: [String]) async throws -> [String] {
    let outcome = try await Command.wsclose(["frames", "--format", "ndjson"] + arguments + [path])
    return try outcome.output.split(separator: "\n").map { line in
      let frame = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return
        "\(frame["packet"] ?? "") \(frame["client"] ?? "") \(frame["from"] ?? "") \(frame["opcode"] ?? "")"
    }
  }

  private static func text(of sessions: [[String: Any]]) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: sessions, options: .sortedKeys), as: UTF8.self)
  }
}
