import Foundation
import Testing

/// One capture of `samples/encrypted`, or all of one recording.
struct EncryptedSample: CustomTestStringConvertible, Sendable {
  var folder: String
  /// `nil` for all captures of the recording.
  var capture: String?

  static let root = Command.root + "/samples/encrypted"
  static let folders = names(in: root)
  static let all = folders.flatMap { folder in
    let captures = captures(in: folder)
    return (captures.map { $0 } + (captures.count > 1 ? [nil] : [])).map {
      EncryptedSample(folder: folder, capture: $0)
    }
  }
  /// No key opens these: their handshake is not in the capture, or the cipher is another.
  private static let closed: Set = ["mtls-late", "h2-mtls-late", "wss12-cbc"]

  var testDescription: String { "\(folder)/\(capture ?? "*.pcap")" }
  var folderPath: String { "\(Self.root)/\(folder)" }
  var paths: [String] { (capture.map { [$0] } ?? Self.captures(in: folder)).map { "\(folderPath)/\($0)" } }
  var isOpened: Bool { !Self.closed.contains(folder) }

  /// `--keylog` and the recording's keys, if it has any.
  var keyLog: [String] {
    let path = "\(folderPath)/keys.log"
    return FileManager.default.fileExists(atPath: path) ? ["--keylog", path] : []
  }

  var clients: Clients {
    get throws { try JSONDecoder().decode(Clients.self, from: data("client.json")) }
  }

  var expectations: [Expectation] {
    get throws { try JSONDecoder().decode(Scenario.self, from: data("scenario.json")).expectations(capture) }
  }

  /// What may be claimed without keys.
  var closedExpectations: [ClosedExpectation] {
    get throws {
      try JSONDecoder().decode(ClosedScenario.self, from: data("scenario.json")).expectations(capture)
    }
  }

  /// Whether tshark, which knows no WebSocket on HTTP/2 and none in a tunnel, can list the frames.
  var isKnownToTshark: Bool {
    capture != nil && isOpened && !keyLog.isEmpty && !folder.contains("h2") && !folder.contains("tunnel")
      && !folder.hasSuffix("late")
  }

  private func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folderPath)/\(name)"))
  }

  private static func captures(in folder: String) -> [String] {
    names(in: "\(root)/\(folder)").filter { $0.hasSuffix(".pcap") }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}

/// The verdicts that are true of one session without keys.
struct ClosedExpectation: Decodable, Hashable {
  var path: String?
  var verdicts: [String]
  var code: Int?
  var sessionOptional: Bool?

  func allows(_ session: Report.Session) -> Bool {
    guard verdicts.contains(session.verdict) else { return false }
    if let path, let target = session.request?.target, path != target { return false }
    return session.close == nil || session.close?.code == code || code == nil
  }
}

private struct ClosedScenario: Decodable {
  private var expectWithoutKeys: [String: ClosedExpectation]?
  private var expectTogetherWithoutKeys: ClosedExpectation?
  private var expectSessionsWithoutKeys: [String: [ClosedExpectation]]?
  private var expectSessionsTogetherWithoutKeys: [ClosedExpectation]?

  func expectations(_ capture: String?) throws -> [ClosedExpectation] {
    guard let capture else {
      return try expectSessionsTogetherWithoutKeys ?? [#require(expectTogetherWithoutKeys)]
    }
    return try expectSessionsWithoutKeys?[capture] ?? [#require(expectWithoutKeys?[capture])]
  }
}
