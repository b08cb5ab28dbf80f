import Foundation
import TestSupport
import Testing
import WSDecode

/// `docs/report.schema.json` is the contract of all JSON output. Debian's python3-jsonschema checks it.
@Suite struct SchemaTests {
  @Test func `every report of a sample keeps to the schema and has no member beyond it`()
    async throws
  {
    try await TemporaryFiles.with { files in
      var paths: [String] = []
      var documents = 0
      let together = Sample.folders.map { folder in Sample.all.filter { $0.folder == folder } }
        .filter { $0.count > 1 }
      for samples in Sample.all.map({ [$0] }) + together {
        for format in ["json", "ndjson"] {
          let outcome = try await Command.wsclose(["--format", format] + samples.map(\.path))
          let name = samples.map(\.testDescription).joined(separator: "+").replacing("/", with: "-")
          paths.append(try files.file("\(name).\(format)", outcome.output.utf8))
          documents += format == "json" ? 1 : outcome.output.count { $0 == "\n" }
        }
      }
      try await expectValid(paths, count: documents)
    }
  }

  @Test func `every list of a sample's frames keeps to the schema`() async throws {
    try await TemporaryFiles.with { files in
      var paths: [String] = []
      var lines = 0
      for sample in Sample.all {
        for options in [[], ["--payload"]] where options.isEmpty || sample.folder == "deflate" {
          let outcome = try await Command.wsclose(["frames", "--format", "ndjson", sample.path] + options)
          lines += outcome.output.count { $0 == "\n" }
          paths.append(try files.file("\(paths.count).ndjson", outcome.output.utf8))
        }
      }
      #expect(lines > 500)
      try await expectValid(paths, count: lines)
    }
  }

  @Test func `reports of bad input keep to the schema`() async throws {
    try await TemporaryFiles.with { files in
      let whole = try Array(Sample.named("lost-close-default").bytes)
      let cut = try files.file("cut.pcap", whole.dropLast(5))
      let packetless = try files.file("packetless.pcap", PcapBytes.header())
      let missing = files.path + "/missing.pcap"
      let runs = [
        [cut], [packetless], [missing], [packetless, missing, cut], ["--filter", "udp", cut],
        ["--only", "open", cut],
      ]
      var paths: [String] = []
      for run in runs {
        let outcome = try await Command.wsclose(["--format", "json"] + run)
        paths.append(try files.file("\(paths.count).json", outcome.output.utf8))
      }
      try await expectValid(paths, count: runs.count)
    }
  }

  @Test func `reports of made-up sessions keep to the schema`() async throws {
    try await TemporaryFiles.with { files in
      var paths: [String] = []
      for (index, packets) in Sessions.all.enumerated() {
        let capture = try files.file(
          "\(index).pcap", PcapBytes.file(packets, isNanoseconds: index.isMultiple(of: 2)))
        for arguments in [
          ["--format", "json"], ["--format", "ndjson"], ["frames", "--format", "ndjson", "--payload"],
        ] {
          let outcome = try await Command.wsclose(arguments + [capture])
          let name = "\(paths.count).\(arguments.contains("json") ? "json" : "ndjson")"
          paths.append(try files.file(name, outcome.output.utf8))
        }
      }
      try await expectValid(paths, count: nil)
    }
  }

  @Test func `comparisons keep to the schema`() async throws {
    try await TemporaryFiles.with { files in
      let none = try files.file("none.pcap", PcapBytes.header())
      let captures = [Sample.named("lost-close-default").path, Sample.named("lost-close-zero").path, none]
      var paths: [String] = []
      for before in captures {
        for after in captures {
          let outcome = try await Command.wsclose(["diff", "--format", "json", before, after])
          paths.append(try files.file("\(paths.count).json", outcome.output.utf8))
        }
      }
      try await expectValid(paths, count: captures.count * captures.count)
    }
  }

  static let breakages: [(path: [String], value: any Sendable)] = [
    (["schema"], "wsclose.session/2"), (["verdict"], "maybe"), (["verdict"], Absent()),
    (["closeBeforeTeardown"], "true"), (["closeBeforeTeardown"], true), (["reason"], "gap"),
    (["close", "code"], "4321"), (["close", "packet"], 0), (["close", "at"], "2026-11-24 02:39:58"),
    (["close", "initiator"], "proxy"), (["delivery", "proof"], ""), (["delivery", "latency"], "1 s"),
    (["teardown", "kind"], "END"), (["teardown", "by"], Absent()), (["legs"], [Int]()),
    (["timeline"], [["event": "PING"]]), (["findings"], [["rule": "No Close"]]),
    (["clientSees"], [["client": "edge"]]),
  ]

  @Test func `the schema forbids what breaks the contract`() async throws {
    let sample = Sample.named("lost-close-default")
    let line = try await Command.wsclose(["--format", "ndjson", sample.path]).output
    try await TemporaryFiles.with { files in
      var paths = [try files.file("whole.json", line.utf8)]
      for (path, value) in Self.breakages {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        Self.set(value, at: path, in: &object)
        paths.append(try files.file("\(paths.count).json", JSONSerialization.data(withJSONObject: object)))
      }
      let problems = try await Validator.problems(in: paths)
      #expect(problems[paths[0]] == [])
      for (path, breakage) in zip(paths.dropFirst(), Self.breakages) {
        #expect(problems[path]?.isEmpty == false, "\(breakage.path): \(breakage.value)")
      }
    }
  }

  @Test func `a member that a later version adds is allowed`() async throws {
    let line = try await Command.wsclose(["--format", "ndjson", Sample.named("default-node").path]).output
    try await TemporaryFiles.with { files in
      let more = line.replacing("\"schema\":", with: "\"added\":{\"a\":1},\"schema\":")
      let path = try files.file("more.json", more.utf8)
      #expect(try await Validator.problems(in: [path]) == [path: []])
      #expect(try await Validator.problems(in: [path], isClosed: true)[path]?.isEmpty == false)
    }
  }

  @Test func `every member in the schema is described`() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Validator.schema))
    let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    for (name, definition) in definitions {
      #expect((definition["description"] as? String)?.isEmpty == false, "\(name)")
      for (member, value) in definition["properties"] as? [String: [String: Any]] ?? [:] {
        let target = (value["$ref"] as? String).flatMap {
          definitions[String($0.dropFirst("#/$defs/".count))]
        }
        let description = value["description"] as? String ?? target?["description"] as? String
        #expect(description?.isEmpty == false, "\(name).\(member)")
      }
    }
  }

  private func expectValid(_ paths: [String], count: Int?) async throws {
    let problems = try await Validator.problems(in: paths, isClosed: true)
    let found = problems.sorted { $0.key < $1.key }.flatMap { document, problems in
      problems.map { "\(URL(fileURLWithPath: document).lastPathComponent): \($0)" }
    }
    #expect(found.isEmpty, "\(found.count) problems:\n\(found.prefix(10).joined(separator: "\n"))")
    #expect(problems.count == count ?? max(problems.count, 1))
  }

  private struct Absent {}

  private static func set(_ value: any Sendable, at path: [String], in object: inout [String: Any]) {
    guard path.count > 1 else {
      object[path[0]] = value
      if value is Absent { object.removeValue(forKey: path[0]) }
      return
    }
    var inner = object[path[0]] as? [String: Any] ?? [:]
    set(value, at: Array(path.dropFirst()), in: &inner)
    object[path[0]] = inner
  }
}

/// `validate.py`; without the validator a test fails.
enum Validator {
  static let schema = Command.root + "/docs/report.schema.json"

  static func problems(in paths: [String], isClosed: Bool = false) async throws -> [String: [String]] {
    let script = Command.root + "/Tests/EndToEndTests/validate.py"
    let outcome = try await Command.run(
      ["/usr/bin/python3", script] + (isClosed ? ["--closed"] : []) + [schema] + paths)
    try #require(outcome.status == 0, "validate.py needs python3-jsonschema: \(outcome.errors)")
    return try JSONDecoder().decode([String: [String]].self, from: Data(outcome.output.utf8))
  }
}
