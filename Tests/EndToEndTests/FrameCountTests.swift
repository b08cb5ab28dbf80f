import Foundation
import Testing

@Suite struct FrameCountTests {
  static let hasTshark = FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark")
  static let opcodes = [
    "0": "continuation", "1": "text", "2": "binary", "8": "close", "9": "ping", "10": "pong",
  ]

  /// tshark needs the handshakes, and whole packets.
  @Test(.enabled(if: hasTshark), arguments: Sample.all.filter { $0.isComplete })
  func `tshark counts the same frames`(_ sample: Sample) async throws {
    let listed = try await Command.wsclose(["frames", "--format", "ndjson", sample.path])
    #expect(listed.status == 0)
    let found = try listed.output.split(separator: "\n").map { line in
      let frame = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(frame?["opcode"] as? String)
    }
    let tshark = try await Command.run(
      ["/usr/bin/tshark", "-r", sample.path, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"])
    #expect(tshark.status == 0)
    // A packet with several frames has their opcodes in one line.
    let expected = tshark.output.split { $0 == "\n" || $0 == "," }.map { Self.opcodes["\($0)"] ?? "\($0)" }
    #expect(Self.counts(found) == Self.counts(expected))
  }

  @Test func `text and NDJSON list the same frames`() async throws {
    for sample in Sample.all where sample.capture == "pod.pcap" {
      let text = try await Command.wsclose(["frames", sample.path]).output
      let lines = try await Command.wsclose(["frames", "--format", "ndjson", sample.path]).output
      #expect(text.count { $0 == "\n" } == lines.count { $0 == "\n" }, "\(sample)")
    }
  }

  private static func counts(_ opcodes: [String]) -> [String: Int] {
    Dictionary(opcodes.map { ($0, 1) }, uniquingKeysWith: +)
  }
}
