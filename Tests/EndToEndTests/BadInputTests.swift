import Foundation
import TestSupport
import Testing

/// What cannot be read is told in one line: what, where, and what to do. What can be read is still reported.
@Suite struct BadInputTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    /// What the message must name.
    var words: [String]
  }

  static let rows = [
    Row(testDescription: "text", bytes: Array("hello, this is a text\n".utf8), words: ["not a pcap"]),
    Row(testDescription: "zeros", bytes: [UInt8](repeating: 0, count: 4096), words: ["not a pcap"]),
    Row(testDescription: "empty", bytes: [], words: ["empty"]),
    Row(testDescription: "half a header", bytes: Array(PcapBytes.header().prefix(11)), words: ["header"]),
    Row(testDescription: "one byte", bytes: [0xd4], words: []),
    Row(testDescription: "Wi-Fi", bytes: PcapBytes.header(linkType: 105), words: ["link type", "105"]),
    Row(
      testDescription: "a link type of nobody", bytes: PcapBytes.header(linkType: 4000),
      words: ["link type", "4000"]),
  ]

  @Test(arguments: rows)
  func `what is no capture is told in one line`(_ row: Row) async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("bad.pcap", row.bytes)
      for command in [[], ["frames"]] {
        let outcome = try await Command.wsclose(command + [path])
        expectFailure(outcome, naming: [path] + row.words)
        #expect(outcome.output == "")
      }
    }
  }

  @Test func `a pcapng of which no packet can be read is told in one line`() async throws {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little, linkType: 105)
      + PcapngBytes.enhancedPacket([1, 2, 3], order: .little)
    try await TemporaryFiles.with { files in
      let path = try files.file("radio.pcapng", bytes)
      for command in [[], ["--format", "json"], ["--format", "ndjson"], ["frames"]] {
        expectFailure(try await Command.wsclose(command + [path]), naming: [path, "link type", "105"])
      }
    }
  }

  @Test func `what is missing or a folder is told in one line`() async throws {
    try await TemporaryFiles.with { files in
      expectFailure(
        try await Command.wsclose([files.path + "/missing.pcap"]), naming: ["missing.pcap", "no such file"])
      expectFailure(try await Command.wsclose([files.path]), naming: [files.path, "holds no capture"])
    }
  }

  @Test func `of a folder is told what cannot be read and is a capture by its name`() async throws {
    try await TemporaryFiles.with { files in
      let capture = [UInt8](try Data(contentsOf: URL(filePath: Sample.named("default-node").path)))
      _ = try files.file("good.pcap", capture)
      _ = try files.file("notes.txt", "no capture".utf8)
      _ = try files.file("keys.log.xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])
      _ = try files.file("cut.pcap12", capture.prefix(20))
      _ = try files.file("packed.pcapng.xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])
      let outcome = try await Command.wsclose([files.path])
      #expect(outcome.status == 2)
      #expect(outcome.output.contains("1 WebSocket: 1 delivered"))
      let lines = outcome.errorLines
      #expect(lines.count == 2, "\(outcome.errors)")
      #expect(lines.first?.hasPrefix("wsclose: \(files.path)/cut.pcap12, byte 20: ends inside") == true)
      #expect(lines.last?.hasPrefix("wsclose: \(files.path)/packed.pcapng.xz: is compressed with xz") == true)
    }
  }

  @Test func `a capture is not replaced by its report`() async throws {
    try await TemporaryFiles.with { files in
      let capture = [UInt8](try Data(contentsOf: URL(filePath: Sample.named("default-node").path)))
      let path = try files.file("in.pcap", capture)
      let link = files.path + "/link.pcap"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      let runs = [
        ["--output", path, path], ["--format", "ndjson", "--output", link, path],
        ["--output", path, files.path],
        ["--output", path, "--keylog", path, Sample.named("default-node").path],
      ]
      for arguments in runs {
        expectFailure(try await Command.wsclose(arguments), naming: ["is to be read"])
      }
      expectFailure(
        try await Command.wsclose(["--output", path, "-"], input: path), naming: [path, "is to be read"])
      #expect([UInt8](try Data(contentsOf: URL(filePath: path))) == capture)
    }
  }

  @Test(arguments: ["/dev/full", "&-"])
  func `where standard error takes nothing, the status tells all the same`(errors: String) async throws {
    let outcome = try await Command.shell("\"$wsclose\" /nosuch.pcap 2>\(errors)")
    #expect(outcome.status == 2)
  }

  @Test func `what is said on a closed standard error is in no file`() async throws {
    try await TemporaryFiles.with { files in
      let capture = [UInt8](try Data(contentsOf: URL(filePath: Sample.named("default-node").path)))
      let path = try files.file("cut.pcap", capture.dropLast(10))
      let outcome = try await Command.shell(
        "\"$wsclose\" --format ndjson --output \"$1.out\" \"$1\" 2>&-; echo $?; cat \"$1.out\"", [path])
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.first == "2")
      #expect(lines.count > 1 && lines.dropFirst().allSatisfy { $0.hasPrefix("{") }, "\(outcome.output)")
    }
  }

  // MARK: Interruption

  @Test func `captures that an interruption leaves out are named`() async throws {
    let outcome = try await TemporaryFiles.with { files in
      try await Command.shell(
        """
        cd "$1"; mkfifo first; { cat "$2"; sleep 30; } >first & writer=$!
        "$wsclose" frames first "$2" >out 2>err & pid=$!
        n=0; until [ -s out ]; do n=$((n + 1)); [ $n -lt 100 ] || exit 9; sleep 0.1; done
        kill -INT $pid; wait $pid; status=$?; kill $writer; cat out; cat err >&2; exit $status
        """, [files.path, Sample.named("default-node").path])
    }
    #expect(outcome.output.contains("CLOSE") || outcome.output.contains("close"))
    expectFailure(outcome, naming: ["\(Sample.named("default-node").path): was not read: interrupted; "])
  }

  @Test func `an interruption ends the wait for somebody who writes to a pipe`() async throws {
    let outcome = try await TemporaryFiles.with { files in
      try await Command.shell(
        "cd \"$1\"; mkfifo pipe; \"$wsclose\" pipe & pid=$!; sleep 1; kill -TERM $pid; wait $pid",
        [files.path])
    }
    expectFailure(outcome, naming: ["pipe: interrupted before anything was written to it"])
  }

  @Test func `a filter that does not compile is told in one line`() async throws {
    let path = Sample.named("default-node").path
    let outcome = try await Command.wsclose(["--filter", "tcp port port", path])
    expectFailure(outcome, naming: [path, "tcp port port"])
    #expect(outcome.output == "")
  }

  @Test(arguments: [["--filter", "tcp", "capture.pcap"], ["interfaces"], ["live", "-i", "lo"]])
  func `where libpcap cannot be loaded it is told who needs it`(arguments: [String]) async throws {
    try await TemporaryFiles.with { files in
      for name in ["libpcap.so.0.8", "libpcap.so.1"] { _ = try files.file(name) }
      let capture = "\(files.path)/capture.pcap"
      try FileManager.default.copyItem(atPath: Sample.named("default-node").path, toPath: capture)
      let environment = ["LD_LIBRARY_PATH": files.path]
      let outcome = try await Command.wsclose(arguments, in: files.path, environment: environment)
      expectFailure(outcome, naming: ["libpcap cannot be loaded", "install"])
      let report = try await Command.wsclose(["capture.pcap"], in: files.path, environment: environment)
      #expect(report.output.contains("1 WebSocket"))
    }
  }

  @Test func `a report that cannot be written is told in one line`() async throws {
    let path = Sample.named("default-node").path
    expectFailure(
      try await Command.wsclose(["--output", "/nosuch/report", path]),
      naming: ["/nosuch/report", "no such file"])
  }

  @Test(arguments: ["\"$1\"", "--format json \"$1\"", "--output /dev/full \"$1\"", "frames \"$1\""])
  func `a full disk is told in one line`(arguments: String) async throws {
    let outcome = try await Command.shell(
      "exec \"$wsclose\" \(arguments) >/dev/full", [Sample.named("lost-close-default").path])
    expectFailure(outcome, naming: ["no space left"])
  }

  @Test(arguments: [1, 9, 16, 100, 2000])
  func `of a capture that ends inside a record, what came before is reported`(missing: Int) async throws {
    try await TemporaryFiles.with { files in
      let whole = try Array(Sample.named("lost-close-default").bytes)
      let path = try files.file("cut.pcap", whole.dropLast(missing))
      let outcome = try await Command.wsclose(["--format", "json", path])
      expectFailure(outcome, naming: [path, "packet 27", "byte"])
      let report = try Report(outcome.output)
      #expect(report.sessions.map { $0.close?.code } == [4321])
      #expect(report.captures.first?.damage != nil)
      let text = try await Command.wsclose([path])
      expectFailure(text, naming: [path])
      #expect(text.output.contains("partial"))
      #expect(text.output.contains("4321"))
    }
  }

  @Test(arguments: [false, true])
  func `a bad capture does not keep a good one from being reported`(isFirst: Bool) async throws {
    try await TemporaryFiles.with { files in
      let good = Sample.named("lost-close-default").path
      let bad = try files.file("bad.pcap", "hello, this is a text".utf8)
      for options in [[], ["--exit-code"]] {
        let outcome = try await Command.wsclose(
          ["--format", "json"] + options + (isFirst ? [bad, good] : [good, bad]))
        expectFailure(outcome, naming: [bad])
        let report = try Report(outcome.output)
        #expect(report.sessions.map(\.verdict) == ["lost"])
        #expect(report.captures.map(\.source) == [good])
      }
      let frames = try await Command.wsclose(["frames"] + (isFirst ? [bad, good] : [good, bad]))
      expectFailure(frames, naming: [bad])
      // With several captures a line names its own.
      let alone = try await Command.wsclose(["frames", good]).output.split(separator: "\n")
      #expect(frames.output.split(separator: "\n") == alone.map { "pod.pcap  \($0)" })
    }
  }

  static let misuses: [(arguments: [String], word: String)] = [
    ([], "capture"), (["--format", "xml", "x.pcap"], "xml"), (["--only", "gone", "x.pcap"], "gone"),
    (["--only", "", "x.pcap"], "--only"), (["--nosuch", "x.pcap"], "--nosuch"), (["--filter"], "--filter"),
    (["frames"], "capture"), (["frames", "--format", "json", "x.pcap"], "json"), (["-", "-"], "once"),
    (["diff"], "before"), (["diff", "x.pcap"], "after"), (["diff", "-", "-"], "once"),
    (["diff", "a", "b", "c"], "c"), (["explain", "nosuch"], "nosuch"), (["\u{1b}[31m", "--a\nb"], "--a"),
    (["--max-connections", "-1", "x.pcap"], "more than 0"),
  ]

  @Test(arguments: misuses)
  func `a command line that makes no sense ends with 64`(_ arguments: [String], word: String) async throws {
    let outcome = try await Command.wsclose(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("wsclose: ") && outcome.errors.contains(word), "\(outcome.errors)")
    #expect(!outcome.errors.unicodeScalars.contains("\u{1b}"))
  }

  @Test(arguments: [
    (["--nosuch", "x.pcap"], "help report"), (["--format", "xml", "live"], "help report"),
    (["live", "--format", "json", "-i", "lo"], "help live"), (["diff", "x.pcap"], "help diff"),
    (["frames"], "help frames"), (["help", "live", "--nosuch"], "help"),
  ])
  func `wrong usage names the help of the command that it is of`(
    _ arguments: [String], help: String
  ) async throws {
    let outcome = try await Command.wsclose(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasSuffix("; wsclose \(help) tells more\n"), "\(outcome.errors)")
  }

  @Test(arguments: ["--help", "--version"])
  func `help and version are no errors`(option: String) async throws {
    let outcome = try await Command.wsclose([option])
    #expect(outcome.status == 0)
    #expect(!outcome.output.isEmpty && outcome.errors == "")
  }

  static let unread: [(arguments: String, status: String)] = [
    ("", "0"), ("--format json", "0"), ("frames", "0"), ("--format json --exit-code", "1"),
    ("--format json --exit-code $2/missing.pcap", "2"), ("frames $2/missing.pcap", "2"),
  ]

  /// The reader is gone before the first byte is written.
  @Test(arguments: unread)
  func `a reader that has seen enough is no error and hides none`(
    _ arguments: String, status: String
  ) async throws {
    try await TemporaryFiles.with { files in
      let outcome = try await Command.shell(
        "{ sleep 0.3; \"$wsclose\" \(arguments) \"$1\" 2>\"$2/errors\"; echo $? >&2; } | true",
        [Sample.named("fifty-mixed").path, files.path])
      #expect(outcome.errorLines == ["\(status)"])
      let errors = try String(contentsOfFile: files.path + "/errors", encoding: .utf8)
      #expect(errors.contains("missing.pcap") == (status == "2"))
      #expect(errors.count { $0 == "\n" } == (status == "2" ? 1 : 0))
    }
  }

  @Test func `a report that cannot be written is told before the reading`() async throws {
    try await TemporaryFiles.with { files in
      // A pipe that never ends.
      let outcome = try await Command.shell(
        "mkfifo \"$1\"; exec 3<>\"$1\"; \"$wsclose\" --output /nosuch/report - <\"$1\"",
        [files.path + "/pipe"])
      expectFailure(outcome, naming: ["/nosuch/report", "no such file"])
    }
  }

  static let unreadable: [[String]] = [
    ["missing.pcap"], ["--format", "ndjson", "missing.pcap"],
    ["--filter", "tcp port port", Sample.named("default-node").path],
    ["--keylog", "missing.log", Sample.named("default-node").path],
  ]

  @Test(arguments: unreadable)
  func `where nothing could be read, the file for the report is as it was`(_ arguments: [String]) async throws
  {
    try await TemporaryFiles.with { files in
      let report = try files.file("report", "delivered".utf8)
      for name in ["report", "new"] {
        let outcome = try await Command.wsclose(["--output", name] + arguments, in: files.path)
        expectFailure(outcome, naming: [])
      }
      #expect(try String(contentsOfFile: report, encoding: .utf8) == "delivered")
      #expect(!FileManager.default.fileExists(atPath: files.path + "/new"))
    }
  }

  @Test(arguments: [[""], ["--output", "", Sample.named("default-node").path]])
  func `an empty name is quoted`(_ arguments: [String]) async throws {
    expectFailure(try await Command.wsclose(arguments), naming: ["wsclose: '': no such file"])
  }

  @Test func `a report without any session replaces a former one`() async throws {
    try await TemporaryFiles.with { files in
      let report = try files.file("report", "delivered".utf8)
      let none = try files.file("none.pcap", PcapBytes.header())
      let outcome = try await Command.wsclose(["--format", "ndjson", "--output", report, none])
      #expect(outcome.status == 0 && outcome.errors == "")
      #expect(try String(contentsOfFile: report, encoding: .utf8) == "")
    }
  }

  @Test func `a file's name cannot act on the terminal`() async throws {
    let outcome = try await Command.wsclose(["/nosuch/\u{1b}[31m\nred.pcap"])
    expectFailure(outcome, naming: ["red.pcap"])
    #expect(!outcome.errors.unicodeScalars.contains("\u{1b}"))
  }

  private func expectFailure(
    _ outcome: Command.Outcome, naming words: [String], _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == 2, sourceLocation: location)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.errors.hasPrefix("wsclose: ") && outcome.errors.hasSuffix("\n"), sourceLocation: location)
    for word in words {
      #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: location)
    }
  }
}
