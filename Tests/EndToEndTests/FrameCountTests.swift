import Foundation
import Testing

@Suite struct FrameCountTests {
  static let hasTshark = FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark")
  static let opcodes = [
    "0": "continuation", "1": "text", "2": "binary", "8": "close", "9": "ping", "10": "pong",
  ]

  /// tshark needs the handshakes, and whole packets; of the copies that a node shows of a packet, inside and outside of a
  /// tunnel, it takes some for more of the stream.
  static let known = Sample.all.filter { $0.isComplete && $0.capture != "node.pcap" }

  @Test(.enabled(if: hasTshark), arguments: known)
  func `tshark counts the same frames`(_ sample: Sample) async throws {
    let listed = try await Command.wsclose(["frames", "--format", "ndjson", sample.path])
    #expect(listed.status == 0)
    let tshark = try await Command.run(
      ["/usr/bin/tshark", "-r", sample.path, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"])
    #expect(tshark.status == 0)
    #expect(try Self.opcodes(listed.output) == Self.opcodes(tshark: tshark.output))
  }

  /// How many frames of each opcode a list in NDJSON has.
  static func opcodes(_ lines: String) throws -> [String: Int] {
    counts(
      try lines.split(separator: "\n").map { line in
        let frame = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(frame?["opcode"] as? String)
      })
  }

  /// A packet with several frames has their opcodes in one line.
  static func opcodes(tshark output: String) -> [String: Int] {
    counts(output.split { $0 == "\n" || $0 == "," }.map { opcodes["\($0)"] ?? "\($0)" })
  }

  @Test func `text and NDJSON list the same frames`() async throws {
    for sample in Sample.all where sample.capture == "pod.pcap" {
      let text = try await Command.wsclose(["frames", sample.path]).output
      let lines = try await Command.wsclose(["frames", "--format", "ndjson", sample.path]).output
      #expect(text.count { $0 == "\n" } == lines.count { $0 == "\n" }, "\(sample)")
    }
  }

  @Test(arguments: ["default-chromium", "fifty-mixed", "late-start"])
  func `a leg has the same number in the list of frames and in the report`(folder: String) async throws {
    let paths = Sample.all.filter { $0.folder == folder }.map(\.path)
    struct Place: Hashable, Decodable {
      var capture: String
      var leg: Int
      var client: String
      var server: String
    }
    struct Legs: Decodable {
      var sessions: [Session]
      struct Session: Decodable { var legs: [Leg] }
      struct Leg: Decodable { var observations: [Place] }
    }
    let json = try await Command.wsclose(["--format", "json"] + paths).output
    let report = try JSONDecoder().decode(Legs.self, from: Data(json.utf8))
    let told = report.sessions.flatMap { $0.legs.flatMap(\.observations) }
    let listed = try await Command.wsclose(["frames", "--format", "ndjson"] + paths).output
      .split(separator: "\n").map { try JSONDecoder().decode(Place.self, from: Data($0.utf8)) }
    #expect(Set(told).count == told.count)
    #expect(Set(listed).isSubset(of: told))
    #expect(Set(listed.map(\.capture)).count == paths.count)
  }

  @Test func `with several captures each line names its own`() async throws {
    let samples = [Sample.named("default-node"), Sample.named("default-node", "client.pcap")]
    let lines = try await Command.wsclose(["frames"] + samples.map(\.path)).output.split(separator: "\n")
    #expect(Set(lines.map { $0.prefix { $0 != " " } }) == ["pod.pcap", "client.pcap"])
    for line in try await Command.wsclose(["frames", samples[0].path]).output.split(separator: "\n") {
      #expect(!line.contains("pod.pcap"))
    }
  }

  private static func counts(_ opcodes: [String]) -> [String: Int] {
    Dictionary(opcodes.map { ($0, 1) }, uniquingKeysWith: +)
  }
}
