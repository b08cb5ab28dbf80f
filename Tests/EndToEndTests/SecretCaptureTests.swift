import Foundation
import TestSupport
import Testing

@Suite struct SecretCaptureTests {
  static let runs = [
    [], ["--format", "json"], ["--format", "ndjson"], ["frames"], ["frames", "--format", "ndjson"],
    ["--exit-code"],
    ["--filter", "not tcp"],
  ]

  @Test(arguments: runs)
  func `neither output tells what a capture holds of secrets`(arguments: [String]) async throws {
    try await TemporaryFiles.with { files in
      let whole = PcapBytes.file(Sessions.secret)
      for (name, bytes) in [("whole.pcap", whole), ("cut.pcap", whole.dropLast(3))] {
        let outcome = try await Command.wsclose(arguments + [files.file(name, bytes)])
        #expect(!outcome.output.contains("SECRET") && !outcome.errors.contains("SECRET"))
        #expect(!outcome.output.contains("534543524554"))
      }
    }
  }

  @Test func `the capture does hold them`() async throws {
    try await TemporaryFiles.with { files in
      let path = try files.file("secret.pcap", PcapBytes.file(Sessions.secret))
      let outcome = try await Command.wsclose(["frames", "--payload", path])
      #expect(outcome.output.contains("SECRET") && outcome.output.contains("534543524554"))
      #expect(try await Report.of(path).sessions.map { $0.close?.code } == [4321])
    }
  }
}
