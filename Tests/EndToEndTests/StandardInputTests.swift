import Foundation
import TestSupport
import Testing

@Suite struct StandardInputTests {
  static let samples = [
    Sample.named("lost-close-default"), Sample.named("default-chromium", "gateway.pcap"),
    Sample.named("deflate", "client.pcap"),
  ]

  @Test(arguments: samples)
  func `standard input gives the sessions of the file`(_ sample: Sample) async throws {
    let file = try await Command.wsclose(["--format", "ndjson", sample.path])
    let input = try await Command.wsclose(["--format", "ndjson", "-"], input: sample.path)
    #expect(input.status == 0)
    #expect(input.errors == "")
    #expect(!input.output.isEmpty)
    #expect(
      Self.withoutSource(input.output, "standard input") == Self.withoutSource(file.output, sample.path))
  }

  /// Half of a record, and half of the file's header.
  @Test(arguments: samples, [2, 7, 1000])
  func `a writer that pauses changes nothing`(_ sample: Sample, divisor: Int) async throws {
    let file = try await Command.wsclose(["--format", "ndjson", sample.path])
    let half = try sample.bytes.count / divisor
    let input = try await Command.shell(
      "(head -c $2 \"$1\"; sleep 0.7; tail -c +$(($2 + 1)) \"$1\") | \"$wsclose\" --format ndjson -",
      [sample.path, "\(half)"])
    #expect(input.status == 0)
    #expect(input.errors == "")
    #expect(
      Self.withoutSource(input.output, "standard input") == Self.withoutSource(file.output, sample.path))
  }

  @Test func `the capture is called standard input`() async throws {
    let outcome = try await Command.wsclose(["--format", "json", "-"], input: Self.samples[0].path)
    #expect(try Report(outcome.output).captures.map(\.source) == ["standard input"])
  }

  @Test func `standard input can be one capture of several, once`() async throws {
    let sample = Self.samples[0]
    let both = try await Command.wsclose(["--format", "json", "-", sample.path], input: sample.path)
    #expect(both.status == 0)
    #expect(try Report(both.output).captures.count == 2)
    let twice = try await Command.wsclose(["-", "-"], input: sample.path)
    #expect(twice.status == 64)
    #expect(twice.output == "")
    #expect(twice.errors.contains("standard input"))
  }

  @Test func `frames reads standard input, too`() async throws {
    let file = try await Command.wsclose(["frames", Self.samples[0].path])
    let input = try await Command.wsclose(["frames", "-"], input: Self.samples[0].path)
    #expect(file.output == input.output)
    #expect(input.status == 0)
  }

  @Test(arguments: ["text", "ndjson"])
  func `frames are listed while the input goes on`(format: String) async throws {
    let capture = Sample.named("fifty-mixed").path
    let all = try await Command.wsclose(["frames", "--format", format, capture]).output
    try await TemporaryFiles.with { files in
      // The shell holds the pipe open: what is there after a while does not wait for the end.
      let outcome = try await Command.shell(
        """
        mkfifo "$2/pipe"
        "$wsclose" frames --format $3 - <"$2/pipe" >"$2/list" &
        exec 3>"$2/pipe"
        cat "$1" >&3
        for n in $(seq 100); do
          [ "$(wc -l <"$2/list")" -eq $4 ] && break
          sleep 0.1
        done
        cat "$2/list"
        exec 3>&-
        wait $!
        """, [capture, files.path, format, "\(all.count { $0 == "\n" })"])
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(Self.withoutSource(outcome.output, "standard input") == Self.withoutSource(all, capture))
    }
  }

  @Test func `frames stops reading when nobody reads its list`() async throws {
    try await TemporaryFiles.with { files in
      let capture = Sample.named("fifty-mixed").path
      let half = try Sample.named("fifty-mixed").bytes.count / 2
      let outcome = try await Command.shell(
        """
        mkfifo "$3"
        { "$wsclose" frames - <"$3"; echo "status $?" >&2; } | head -n 1 &
        exec 3>"$3"
        head -c $2 "$1" >&3
        sleep 1
        (trap "" PIPE; tail -c +$(($2 + 1)) "$1" >&3) 2>/dev/null
        wait
        """, [capture, "\(half)", files.path + "/pipe"])
      #expect(outcome.status == 0)
      #expect(outcome.output.count { $0 == "\n" } == 1)
      #expect(outcome.errorLines == ["status 0"])
    }
  }

  @Test func `an empty input says so`() async throws {
    let outcome = try await Command.wsclose(["-"])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("standard input") && outcome.errors.contains("empty"))
  }

  /// tcpdump's Ctrl-C reaches every process of the pipe.
  @Test(arguments: ["INT", "TERM"])
  func `a signal ends the reading and what was read is reported`(signal: String) async throws {
    try await TemporaryFiles.with { files in
      // The shell holds the pipe open: only the signal can end the reading.
      let outcome = try await Command.shell(
        """
        mkfifo "$3"
        "$wsclose" --format json - <"$3" &
        exec 3>"$3"
        cat "$1" >&3
        until [ $((0x$(sed -n 's/^SigCgt:.//p' /proc/$!/status) & 0x4002)) = $((0x4002)) ]; do sleep 0.1; done
        sleep 1
        kill -$2 $!
        wait $!
        """, [Self.samples[1].path, signal, files.path + "/pipe"])
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(try Report(outcome.output).sessions.map(\.verdict) == ["delivered"])
    }
  }

  private static func withoutSource(_ text: String, _ source: String) -> String {
    text.replacing("\"\(source)\"", with: "\"\"")
  }
}
