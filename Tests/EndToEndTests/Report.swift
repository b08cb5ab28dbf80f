import Foundation
import Testing

/// What a JSON report says, as far as the tests compare it.
struct Report: Decodable, Sendable {
  var captures: [Capture]
  var summary: [String: Int]
  var sessions: [Session]

  struct Capture: Decodable {
    var source: String
    var packets: Int
    var skipped: [String: Int]
    var damage: String?
  }

  struct Session: Decodable, Hashable {
    var request: Request?
    var verdict: String
    var reason: String?
    var closeBeforeTeardown: Bool?
    var close: Close?
    var teardown: Teardown?
    var delivery: Delivery?
    var forwarding: Forwarding?
    var clientSees: [Outcome]
    var legs: [Leg]

    func expectation(withPath: Bool) -> Expectation {
      Expectation(
        path: withPath ? request?.target : nil, verdict: verdict, code: close?.code, reason: close?.reason,
        closeBeforeTeardown: closeBeforeTeardown)
    }

    /// The client's port on the client-most leg.
    var port: Int? { legs.first?.client.split(separator: ":").last.flatMap { Int($0) } }
  }

  struct Request: Decodable, Hashable { var target: String }

  struct Leg: Decodable, Hashable { var client: String }

  struct Close: Decodable, Hashable {
    var initiator: String
    var code: Int?
    var name: String?
    var reason: String?
  }

  struct Delivery: Decodable, Hashable {
    var proof: String
    var inferred: Bool
  }

  struct Forwarding: Decodable, Hashable {
    var received: Int
    var forwarded: Int
  }

  struct Teardown: Decodable, Hashable {
    var by: String
    var kind: String
  }

  struct Outcome: Decodable, Hashable {
    var client: String
    var code: Int
    var reason: String
    var wasClean: Bool?
  }

  init(_ json: String) throws {
    self = try JSONDecoder().decode(Report.self, from: Data(json.utf8))
  }

  /// Reads captures that must be whole.
  static func of(_ arguments: String...) async throws -> Report { try await of(arguments) }

  static func of(_ arguments: [String]) async throws -> Report {
    let outcome = try await Command.wsclose(["--format", "json"] + arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    return try Report(outcome.output)
  }

  /// Whether the sessions are those that a recording expects, in any order.
  func expectSessions(_ expected: [Expectation], _ location: SourceLocation = #_sourceLocation) {
    let withPath = expected.contains { $0.path != nil }
    let found = sessions.map { "\($0.expectation(withPath: withPath))" }.sorted()
    #expect(found == expected.map { "\($0)" }.sorted(), sourceLocation: location)
  }
}
