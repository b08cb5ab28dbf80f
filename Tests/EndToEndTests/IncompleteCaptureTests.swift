import Foundation
import Testing

/// Captures that lack something, begin late or are out of order, of which a wrong answer was given once (`Tests/Captures`).
@Suite struct IncompleteCaptureTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var file: String
    var testDescription: String
    /// Of each session: the verdict, why it is undetermined, the client of its first leg, and the bytes that its proxy
    /// dropped.
    var sessions: Set<Answer>
  }

  struct Answer: Hashable {
    var verdict: String
    var reason: String?
    var client: String
    var dropped: Int?

    init(_ verdict: String, _ reason: String? = nil, client: String = "192.0.2.10:40000", dropped: Int? = nil)
    {
      (self.verdict, self.reason, self.client, self.dropped) = (verdict, reason, client, dropped)
    }

    init(_ session: Report.Session) {
      self.init(
        session.verdict, session.reason, client: session.legs[0].client,
        dropped: session.forwarding.map { $0.received - $0.forwarded })
    }
  }

  static let rows = [
    Row(
      file: "late-start-heartbeat", testDescription: "one heartbeat is not taken for the next one",
      sessions: [Answer("lost", dropped: 8)]),
    Row(
      file: "missing-packet-heartbeat", testDescription: "nor for one of 40 messages later",
      sessions: [Answer("lost", dropped: 508)]),
    Row(
      file: "lagging-heartbeat", testDescription: "nor where nothing is missing",
      sessions: [Answer("lost", dropped: 508)]),
    Row(
      file: "half-first-frame", testDescription: "a frame of which a part is missing may be the other leg's",
      sessions: [Answer("lost", dropped: 212)]),
    Row(
      file: "no-request-no-response",
      testDescription: "without a request and a response addresses tell the order",
      sessions: [Answer("lost")]),
    Row(
      file: "unanswered-without-syn",
      testDescription: "an answer may be among what is missing before the first byte",
      sessions: [Answer("undetermined", "gap")]),
    Row(
      file: "one-byte-gap-server-rst", testDescription: "a byte with bytes behind it is no FIN",
      sessions: [Answer("undetermined", "gap")]),
    Row(
      file: "one-byte-gap-client-rst", testDescription: "nor where the client's RST ends the connection",
      sessions: [Answer("undetermined", "gap")]),
    Row(
      file: "one-byte-gap-twice", testDescription: "nor where each of two observations lacks another byte",
      sessions: [Answer("undetermined", "gap", client: "192.0.2.10:52819", dropped: 0)]),
    Row(
      file: "fin-or-last-byte", testDescription: "the last byte of a Close frame may have been a FIN",
      sessions: [Answer("undetermined", "gap", dropped: 0)]),
    Row(
      file: "fin-or-last-byte-front", testDescription: "and nothing behind the proxy tells",
      sessions: [Answer("undetermined", "gap")]),
    Row(
      file: "one-key-first-lost", testDescription: "two clients with one key are two sessions",
      sessions: [
        Answer("lost", client: "192.0.2.10:40010", dropped: 212),
        Answer("absent", client: "192.0.2.11:40011", dropped: 0),
      ]),
    Row(
      file: "one-key-second-lost", testDescription: "whoever of them lost the Close frame",
      sessions: [
        Answer("lost", client: "192.0.2.11:40011", dropped: 212),
        Answer("absent", client: "192.0.2.10:40010", dropped: 0),
      ]),
    Row(
      file: "missing-answer", testDescription: "a client's packets that are missing may have acknowledged",
      sessions: [Answer("undetermined", "gap", client: "10.0.0.1:4444")]),
    Row(
      file: "interfaces-out-of-order",
      testDescription: "packets of several interfaces are in order by their times",
      sessions: [Answer("lost", client: "192.0.2.10:37797", dropped: 212)]),
    Row(
      file: "clocks-apart", testDescription: "addresses tell the order where clocks of two machines do not",
      sessions: [Answer("lost", client: "192.0.2.10:37797", dropped: 212)]),
    Row(
      file: "front-not-captured",
      testDescription: "another client's encrypted leg through the same proxy is not the one that is missing",
      sessions: [Answer("undetermined", "encrypted", client: "127.0.5.2:42538")]),
    Row(
      file: "compressing-gateway",
      testDescription: "fewer bytes on an encrypted leg lose no Close frame that the client has answered",
      sessions: [
        Answer("undetermined", "encrypted", client: "127.0.0.1:40038"),
        Answer("undetermined", "encrypted", client: "127.0.0.1:56040"),
      ]),
  ]

  private static func sessions(_ files: String..., format: String) async throws -> [Report.Session] {
    let paths = files.map { "\(Command.root)/Tests/Captures/\($0).pcap.gz" }
    let outcome = try await Command.wsclose(["--format", format] + paths)
    #expect(outcome.status == 0)
    let decoder = JSONDecoder()
    if format == "json" { return try decoder.decode(Report.self, from: Data(outcome.output.utf8)).sessions }
    return try outcome.output.split(separator: "\n").map {
      try decoder.decode(Report.Session.self, from: Data($0.utf8))
    }
  }

  @Test(arguments: rows, ["json", "ndjson"])
  func `what is missing makes no answer wrong`(_ row: Row, format: String) async throws {
    let sessions = try await Self.sessions(row.file, format: format)
    #expect(sessions.count == row.sessions.count)
    #expect(Set(sessions.map { Answer($0) }) == row.sessions)
  }

  static let pairs: [(first: String, second: String, verdict: String)] = [
    ("ends-early", "lacks-close", "undetermined"), ("lacks-close", "ends-early", "undetermined"),
    ("short-window", "close-acknowledged", "delivered"), ("close-acknowledged", "short-window", "delivered"),
  ]

  @Test(arguments: pairs)
  func `what one capture ended too early to see, the other one lacks all the same`(
    first: String, second: String, verdict: String
  ) async throws {
    let sessions = try await Self.sessions(first, second, format: "json")
    #expect(sessions.map(\.verdict) == [verdict])
  }

  @Test func `a Close frame without its body is the server's, and has a code that nobody knows`() async throws
  {
    let session = try #require(try await Self.sessions("close-without-body", format: "json").first)
    #expect(session.verdict == "delivered" && session.close?.initiator == "server")
    #expect(session.close?.code == nil && session.clientSees.isEmpty)
  }

  @Test func `an end that was seen is not called open where the Close frame itself is missing`() async throws
  {
    let path = "\(Command.root)/Tests/Captures/inferred-delivery.pcap.gz"
    let outcome = try await Command.wsclose([path])
    #expect(outcome.output.contains("reached 192.0.2.10, before the proxy ended the connection."))
    #expect(!outcome.output.contains("still open"))
  }
}
