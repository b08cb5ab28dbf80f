import CloseAnalysis
import Foundation
import Streams
import TestSupport
import Testing
import WSDecode

@testable import Report

@Suite struct JSONReportTests {
  /// The members that design and schema promise.
  static let members: [(path: String, keys: String)] = [
    ("", "schema captures summary sessions"),
    ("captures", "source linkType packets bytes firstPacket lastPacket truncatedPackets skipped dropped"),
    ("summary", "sessions delivered lost absent undetermined open flows"),
    (
      "sessions",
      "id key request verdict reason closeBeforeTeardown answer close clientClose delivery teardown"
        + " clientSees findings legs timeline"
    ),
    ("sessions.request", "target host userAgent requestID subprotocol"),
    ("sessions.close", "initiator code name reason at packet capture"),
    ("sessions.clientClose", "code reason at packet capture"),
    ("sessions.delivery", "proof at packet capture latency hop inferred"),
    ("sessions.teardown", "by kind at packet capture afterClose"),
    ("sessions.clientSees", "client code reason wasClean because"),
    ("sessions.findings", "rule severity text remedy packets captures"),
    ("sessions.legs", "client server captures interfaces observations protocol pickedUp encrypted handshake"),
    (
      "sessions.legs.handshake",
      "requestPacket requestCapture responsePacket responseCapture status acceptMatches server deflate"
    ),
    ("sessions.timeline", "at offset leg from event packet capture detail"),
  ]

  @Test(arguments: members)
  func `members may be added and none is renamed`(_ path: String, keys: String) throws {
    let found = try all(path.split(separator: ".").map(String.init), in: JSON.object(Self.reports.json))
    #expect(!found.isEmpty)
    for object in found {
      let missing = Set(keys.split(separator: " ").map(String.init)).subtracting(object.keys)
      #expect(missing.isEmpty, "\(path): \(missing)")
    }
  }

  @Test func `a line of NDJSON is the session of the report and a schema`() throws {
    let reports = Self.reports
    let sessions = try JSON.object(reports.json).array("sessions")
    let lines = try JSON.objects(reports.lines)
    #expect(sessions.count == 3)
    #expect(lines.count == 3)
    for (session, var line) in zip(sessions, lines) {
      #expect(line.removeValue(forKey: "schema") as? String == "wsclose.session/1")
      #expect(try JSON.text(of: line) == JSON.text(of: session))
    }
  }

  @Test func `the summary counts every session, wanted or not`() throws {
    let reports = Self.reports
    let some = JSONReport.report(
      reports.analysis, sessions: reports.sessions.filter { $0.verdict == .absent })
    let object = try JSON.object(String(decoding: some, as: UTF8.self))
    #expect(try object.array("sessions").map { $0["verdict"] as? String } == ["absent"])
    let summary = try object.object("summary")
    let counts = [
      "sessions": 3, "delivered": 1, "lost": 0, "absent": 1, "undetermined": 0, "open": 1, "flows": 3,
    ]
    #expect(summary as? [String: Int] == counts)
  }

  static let verdicts: [(String, Bool?)] = [("delivered", true), ("absent", false), ("open", nil)]

  @Test(arguments: verdicts)
  func `closeBeforeTeardown follows the verdict`(_ verdict: String, expected: Bool?) throws {
    let sessions = try JSON.object(Self.reports.json).array("sessions")
    let session = try #require(sessions.first { $0["verdict"] as? String == verdict })
    #expect(session["closeBeforeTeardown"] as? Bool == expected)
    #expect(session["closeBeforeTeardown"] != nil)
  }

  @Test func `what was not seen is null, never 0 or empty`() throws {
    var conversation = Conversation()
    conversation.open()
    conversation.send(
      .client, WebSocketBytes.lines(["GET /feed HTTP/1.1", "Upgrade: websocket", "Connection: upgrade"]))
    let session = try JSON.session(Reports(conversation.packets))
    for key in ["key", "close", "clientClose", "teardown", "reason", "closeBeforeTeardown"] {
      #expect(session[key] == nil || session[key] is NSNull, "\(key)")
    }
    let request = try session.object("request")
    for key in ["host", "userAgent", "requestID", "subprotocol"] {
      #expect(request[key] == nil || request[key] is NSNull, "\(key)")
    }
  }

  /// `clientSees` has the words of the program, to which no reason is an empty one.
  @Test func `no member but a program's reason is an empty string`() throws {
    for reports in [Self.reports, Reports.closed(1000, "")] {
      let empty = Self.emptyStrings(try JSON.object(reports.json), path: "")
      #expect(empty.filter { $0 != ".sessions.clientSees.reason" } == [])
    }
  }

  static let bodies: [(body: [UInt8], code: Int?, reason: String?)] = [
    ([], nil, nil), ([0x10], nil, nil), ([0x03, 0xe8], 1000, nil), ([0x03, 0xed], 1005, nil),
    ([0x10, 0xe1] + Array("test".utf8), 4321, "test"),
  ]

  @Test(arguments: bodies)
  func `a Close frame's code and reason are null where the frame has none`(
    _ body: [UInt8], code: Int?, reason: String?
  ) throws {
    let close = try JSON.session(Reports.closed(body)).object("close")
    #expect(close["code"] as? Int == code)
    #expect(close["reason"] as? String == reason)
    #expect(close["packet"] is NSNumber)
  }

  @Test func `a packet is told with its capture`() throws {
    let session = try JSON.session(Reports.closed(4321, "test"))
    let leg = try #require(try session.array("legs").first)
    let handshake = try leg.object("handshake")
    #expect(handshake["requestCapture"] as? String == "test.pcap")
    #expect(handshake["responseCapture"] as? String == "test.pcap")
    #expect(try session.object("delivery")["capture"] as? String == "test.pcap")
    let close = try leg.object("fromServer").object("close")
    #expect(close["acknowledgedCapture"] as? String == "test.pcap")
    #expect(
      try leg.array("observations").map { try JSON.text(of: $0) } == [
        #"{"capture":"test.pcap","client":"10.9.1.2:40000","leg":1,"server":"10.9.1.1:80"}"#
      ])
    // Without the packet there is no capture of it.
    let open = try #require(try JSON.object(Self.reports.json).array("sessions").last)
    #expect(try open.object("delivery")["capture"] is NSNull)
  }

  @Test func `a leg whose handshake was not captured is marked as picked up`() throws {
    var conversation = Conversation()
    for number in 0..<5 {
      conversation.send(.server, WebSocketBytes.text("message \(number)"))
      conversation.send(.client, WebSocketBytes.text("answer \(number)", from: .client))
    }
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    conversation.finish(.server)
    let session = try JSON.session(Reports(conversation.packets))
    #expect(try session.object("close")["code"] as? Int == 4321)
    #expect(session["request"] is NSNull)
    #expect(try session.array("legs").map { $0["pickedUp"] as? Bool } == [true])
    let captured = try JSON.session(Reports.closed(4321, "test"))
    #expect(try captured.array("legs").map { $0["pickedUp"] as? Bool } == [false])
  }

  private static var reports: Reports { Reports(TextReportTests.threeSessions) }

  private func all(_ path: [String], in object: [String: Any]) throws -> [[String: Any]] {
    guard let first = path.first else { return [object] }
    if object[first] is NSNull { return [] }
    let rest = Array(path.dropFirst())
    if let elements = object[first] as? [[String: Any]] {
      return try elements.flatMap { try all(rest, in: $0) }
    }
    return try all(rest, in: object.object(first))
  }

  private static func emptyStrings(_ value: Any, path: String) -> [String] {
    switch value {
    case let text as String: text.isEmpty ? [path] : []
    case let list as [Any]: list.flatMap { emptyStrings($0, path: path) }
    case let object as [String: Any]: object.flatMap { emptyStrings($1, path: "\(path).\($0)") }
    default: []
    }
  }
}
