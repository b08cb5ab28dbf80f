import CloseAnalysis
import Streams
import TestSupport
import Testing

@testable import Report

@Suite struct TextReportTests {
  @Test(arguments: [(1000, "bye"), (4321, "test"), (1001, "")] as [(UInt16, String)])
  func `a block begins with the verdict, the code and the reason`(_ code: UInt16, reason: String) throws {
    let text = Reports.closed(code, reason).text()
    let headline = try #require(text.split(separator: "\n").first)
    #expect(headline.hasPrefix("delivered"))
    #expect(headline.contains("\(code)"))
    #expect(headline.contains("\"\(reason)\""))
    #expect(headline.contains("10.9.1.2:40000"))
    #expect(headline.contains("/feed"))
  }

  @Test func `every verdict is named and counted`() {
    let text = Reports(Self.threeSessions).text()
    #expect(text.contains("1 delivered") && text.contains("1 absent") && text.contains("1 open"))
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("delivered") }.count == 1)
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("absent") }.count == 1)
  }

  @Test func `sessions that are not wanted are counted and not shown`() {
    let reports = Reports(Self.threeSessions)
    let text = reports.text(only: reports.sessions.filter { $0.verdict == .open })
    #expect(text.contains("1 delivered") && text.contains("1 shown"))
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("delivered") })
  }

  @Test func `a capture without a WebSocket says so`() {
    var conversation = Conversation()
    conversation.open()
    conversation.send(.client, WebSocketBytes.lines(["GET / HTTP/1.1", "Host: example.com"]))
    conversation.finish(.client)
    let text = Reports(conversation.packets).text()
    #expect(text.contains("No WebSocket"))
    #expect(text.contains("test.pcap"))
  }

  @Test func `the text has no colour unless it is asked for`() {
    for text in [Reports.closed(4321, "test").text(), Reports(Self.threeSessions).text()] {
      #expect(!text.unicodeScalars.contains("\u{1b}"))
    }
  }

  @Test(arguments: ["test", "error", "Fix:", "delivered", "\u{1b}[31mred", "info  warning"] as [HostileText])
  func `colour adds nothing but colour`(_ reason: HostileText) {
    for reports in [Reports.closed(4321, reason.text), Reports(Self.threeSessions)] {
      let coloured = reports.text(isColoured: true)
      #expect(coloured.unicodeScalars.contains("\u{1b}"))
      #expect(coloured.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") == reports.text())
    }
  }

  @Test func `every colour is ended on its line`() {
    for line in Reports(Self.threeSessions).text(isColoured: true).split(separator: "\n") {
      let codes = line.matches(of: #/\u{1b}\[([0-9;]*)m/#).map(\.1)
      #expect(codes.isEmpty || codes.last == "0")
    }
  }

  /// Three sessions of different verdicts in one capture.
  static var threeSessions: [TestPacket] {
    var delivered = Conversation(client: "10.9.1.2:40001", clientISN: 1)
    delivered.upgrade()
    delivered.send(.server, WebSocketBytes.close(4321, "test"))
    delivered.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    delivered.finish(.server)
    var absent = Conversation(client: "10.9.1.2:40002", at: 1, clientISN: 2)
    absent.upgrade(key: "AAAAAAAAAAAAAAAAAAAAAA==")
    absent.finish(.server)
    var open = Conversation(client: "10.9.1.2:40003", at: 2, clientISN: 3)
    open.upgrade(key: "BBBBBBBBBBBBBBBBBBBBBA==")
    return TestPacket.merged([delivered.packets, absent.packets, open.packets])
  }
}
