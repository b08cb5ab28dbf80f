import Synchronization
import Capture
import CloseAnalysis
import Foundation
import Streams
import TCPReassembly
import TestSupport
import Testing
import WSDecode

@testable import Report

/// All that can be reported of some packets.
struct Reports {
  let analysis: Analysis
  private let packets: [TestPacket]
  private let source: String

  init(_ packets: [TestPacket], source: String = "test.pcap", hasNanoseconds: Bool = false) {
    var statistics = CaptureStatistics(linkTypes: [.ethernet])
    statistics.packets = UInt64(packets.count)
    statistics.firstPacket = packets.map(\.segment.packet.time).min()
    statistics.lastPacket = packets.map(\.segment.packet.time).max()
    statistics.hasNanoseconds = hasNanoseconds
    let legs = Stages.legs(of: packets)
    let capture = CaptureSummary(
      source, statistics: statistics, reassembly: ReassemblyStatistics(connections: UInt64(legs.count)))
    analysis = Analysis(captures: [capture], legs: legs)
    self.packets = packets
    self.source = source
  }

  var sessions: [Session] { analysis.sessions }

  func text(isColoured: Bool = false, only sessions: [Session]? = nil) -> String {
    TextReport(analysis, sessions: sessions ?? self.sessions, style: TextStyle(isColoured: isColoured)).text
  }

  var json: String {
    String(decoding: JSONReport.report(analysis, sessions: sessions), as: UTF8.self)
  }

  var lines: String {
    var lines = TextBuffer()
    JSONReport.lines(analysis, sessions: sessions) { lines.append($0) }
    return String(decoding: lines.takeBytes(), as: UTF8.self)
  }

  func frames(_ format: FrameList.Format, name: String? = nil, withPayload: Bool = false) -> String {
    let output = Mutex([UInt8]())
    var options = FrameOptions()
    options.payloadLimit = withPayload ? 1 << 16 : 0
    _ = Stages.run(
      packets, options: options,
      into: FrameList(format, files: [CaptureFileName(source: source, name: name)]) { line in
        output.withLock { $0 += line }
      })
    return String(decoding: output.withLock { $0 }, as: UTF8.self)
  }

  /// Every output that shows no payload, by name.
  var all: [(name: String, text: String)] {
    [
      ("text", text()), ("coloured text", text(isColoured: true)), ("json", json), ("ndjson", lines),
      ("frames", frames(.text)), ("frames as ndjson", frames(.ndjson)),
    ]
  }
}

extension Reports {
  /// One session without a proxy: the server sends a Close frame with this body, the client replies.
  static func closed(
    _ body: [UInt8], request: [UInt8] = WebSocketBytes.request(),
    response: [UInt8] = WebSocketBytes.response(),
    source: String = "test.pcap"
  ) -> Reports {
    var conversation = Conversation()
    conversation.open()
    conversation.send(.client, request)
    conversation.send(.server, response)
    conversation.send(.server, WebSocketBytes.frame(.close, body))
    conversation.send(.client, WebSocketBytes.close(1000, from: .client))
    conversation.finish(.server)
    return Reports(conversation.packets, source: source)
  }

  static func closed(_ code: UInt16, _ reason: String) -> Reports {
    closed([UInt8(code >> 8), UInt8(code & 0xff)] + Array(reason.utf8))
  }
}

/// Reads JSON with Foundation, which is not what wrote it.
enum JSON {
  static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  static func objects(_ lines: String) throws -> [[String: Any]] {
    try lines.split(separator: "\n").map { try object(String($0)) }
  }

  /// One text for all that are equal.
  static func text(of object: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  static func session(_ reports: Reports) throws -> [String: Any] {
    let sessions = try object(reports.json)["sessions"] as? [[String: Any]]
    return try #require(sessions?.first)
  }
}

extension [String: Any] {
  func object(_ key: String) throws -> [String: Any] { try #require(self[key] as? [String: Any], "\(key)") }
  func array(_ key: String) throws -> [[String: Any]] {
    try #require(self[key] as? [[String: Any]], "\(key)")
  }
}
