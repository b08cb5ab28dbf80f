import Foundation
import Testing

/// One capture of `samples/recorded`, with what is known of it from the recording.
struct Sample: CustomTestStringConvertible, Sendable {
  var folder: String
  var capture: String

  var testDescription: String { "\(folder)/\(capture)" }
  var folderPath: String { "\(Self.root)/\(folder)" }
  var path: String { "\(folderPath)/\(capture)" }

  static let root = Command.root + "/samples/recorded"
  static let folders = names(in: root)
  static let all = folders.flatMap { folder in
    names(in: "\(root)/\(folder)").filter { $0.hasSuffix(".pcap") }.map {
      Sample(folder: folder, capture: $0)
    }
  }

  static func named(_ folder: String, _ capture: String = "pod.pcap") -> Sample {
    Sample(folder: folder, capture: capture)
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  var bytes: Data {
    get throws { try Data(contentsOf: URL(fileURLWithPath: path)) }
  }

  var isSmall: Bool { (try? bytes.count < 1 << 16) ?? false }

  /// Whether the capture holds the handshakes, and whole packets.
  var isComplete: Bool { !["late-start", "fifty-late", "snaplen-96"].contains(folder) }

  /// `scenario.json`: what each capture alone must show.
  var scenario: Scenario {
    get throws { try Self.decode("\(folderPath)/scenario.json") }
  }

  /// `client.json`: what the clients' application was told.
  var clients: Clients {
    get throws { try Self.decode("\(folderPath)/client.json") }
  }

  /// What the capture alone shows.
  var report: Report {
    get async throws { try await SampleReports.shared.report(of: self) }
  }

  private static func decode<T: Decodable>(_ path: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

/// The verdict that a recording expects for one session.
struct Expectation: Hashable, CustomStringConvertible {
  /// The path of the request, where several sessions are told apart by it.
  var path: String?
  var verdict: String
  var code: Int?
  var reason: String?
  var closeBeforeTeardown: Bool?

  var description: String {
    "\(path ?? "") \(verdict) \(code.map(String.init) ?? "-") \(reason.map { "\"\($0)\"" } ?? "-")"
      + " \(closeBeforeTeardown.map(String.init) ?? "-")"
  }
}

extension Expectation: Decodable {
  private enum Key: CodingKey { case path, verdict, code, reason, closeBeforeTeardown }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    path = try container.decodeIfPresent(String.self, forKey: .path)
    verdict = try container.decode(String.self, forKey: .verdict)
    code = try container.decodeIfPresent(Int.self, forKey: .code)
    // Recordings have the words of programs, to which no reason is an empty one; a report has null.
    let words = try container.decodeIfPresent(String.self, forKey: .reason)
    reason = words == "" ? nil : words
    closeBeforeTeardown = try container.decodeIfPresent(Bool.self, forKey: .closeBeforeTeardown)
  }
}

struct Scenario: Decodable {
  private var expect: [String: Expectation]
  private var expectTogether: Expectation?
  private var expectSessions: [String: [Expectation]]?
  private var expectSessionsTogether: [Expectation]?

  var captures: [String] { (expectSessions.map { Array($0.keys) } ?? Array(expect.keys)).sorted() }

  /// What one capture alone must show; all captures at once if it is `nil`.
  func expectations(_ capture: String?) throws -> [Expectation] {
    guard let capture else {
      return try expectSessionsTogether ?? [#require(expectTogether)]
    }
    return try expectSessions?[capture] ?? [#require(expect[capture])]
  }
}

struct Clients: Decodable {
  private var client: String
  /// What each session's client was told.
  var told: [Told]

  /// The name that a report has for the program.
  var program: String { client == "node" ? "node-ws" : client }

  struct Told: Decodable {
    /// The client's port, where there are several sessions.
    var port: Int?
    var code: Int
    var reason: String
    var wasClean: Bool?
  }

  private enum Key: CodingKey { case client, sessions }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    client = try container.decode(String.self, forKey: .client)
    told = try container.decodeIfPresent([Told].self, forKey: .sessions) ?? [Told(from: decoder)]
  }
}

/// The reports that several tests look at, each read once.
private actor SampleReports {
  static let shared = SampleReports()
  private var tasks: [String: Task<Report, any Error>] = [:]

  func report(of sample: Sample) async throws -> Report {
    let task = tasks[sample.path] ?? Task { try await Report.of(sample.path) }
    tasks[sample.path] = task
    return try await task.value
  }
}
