import Capture
import CloseAnalysis
import Streams
import TCPReassembly
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
    // No reason needs no quotation marks.
    #expect(headline.contains(reason.isEmpty ? "  \(code)   GET" : "  \(code) \"\(reason)\"   GET"))
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

  @Test func `an upgrade that was refused or not answered is counted as one`() {
    let text = Reports(Self.refused(1)).text()
    #expect(text.contains("\nNo WebSocket found: 1 refused upgrade\n"), "\(text)")
    #expect(text.hasPrefix("absent   GET /feed"))
    var unanswered = Conversation(client: "10.9.1.2:40007", at: 9, clientISN: 77, serverISN: 78)
    unanswered.open()
    unanswered.send(.client, WebSocketBytes.request(key: "CCCCCCCCCCCCCCCCCCCCCA=="))
    unanswered.finish(.server)
    let all = TestPacket.merged([Self.refused(1), Self.refused(2), Self.threeSessions, unanswered.packets])
    #expect(
      Reports(all).text().contains(
        "\n3 WebSockets: 1 delivered, 1 absent, 1 open; 2 refused upgrades, 1 unanswered upgrade\n"))
  }

  @Test func `a refusal shows the request and what it got`() {
    let lines = Reports(Self.refused(1)).text().split(separator: "\n")
    #expect(lines.contains { $0.contains("upgrade request") && $0.hasSuffix("packet 4") }, "\(lines)")
    #expect(lines.contains { $0.contains("403 Forbidden") && $0.hasSuffix("packet 5") }, "\(lines)")
  }

  private static func refused(_ number: UInt32) -> [TestPacket] {
    var conversation = Conversation(
      client: "10.9.1.2:\(41000 + number)", at: Double(number) + 4, clientISN: number,
      serverISN: 1000 * number)
    conversation.open()
    conversation.send(.client, WebSocketBytes.request(key: "\(number)DDDDDDDDDDDDDDDDDDDDA=="))
    conversation.send(.server, WebSocketBytes.lines(["HTTP/1.1 403 Forbidden", "Content-Length: 0"]))
    conversation.finish(.server)
    return conversation.packets
  }

  static let targets: [(target: String, shown: String)] = [
    ("/feed", "GET /feed  "),
    ("/" + String(repeating: "a", count: 59), String(repeating: "a", count: 59) + "  "),
    (
      "/" + String(repeating: "a", count: 400) + "/end?token=1",
      "GET /" + String(repeating: "a", count: 39) + "…" + String(repeating: "a", count: 8) + "/end?token=…  "
    ),
  ]

  @Test(arguments: targets)
  func `a path of any length leaves room for the addresses`(_ target: String, shown: String) throws {
    let reports = Reports.closed([], request: WebSocketBytes.request(target: target))
    let headline = try #require(reports.text().split(separator: "\n").first)
    #expect(headline.contains(shown))
    #expect(headline.count < 140)
    let request = try JSON.session(reports).object("request")
    #expect((request["target"] as? String)?.count == target.count)
  }

  @Test func `packets that were not used are told in words`() throws {
    let frames: [(bytes: [UInt8], count: Int)] = [
      (Self.ethernet([0x08, 0x06], []), 1), (Self.ethernet([0x08, 0x00], Self.ip(17)), 1),
      (Self.ethernet([0x08, 0x00], Self.ip(6, fragment: 0x20)), 2), (Self.ethernet([0x08, 0x00], [0x45]), 4),
    ]
    let records = frames.flatMap { frame, count in
      [[UInt8]](
        repeating: PcapBytes.record(
          frame, capturedLength: frame.count, time: Timestamp(nanoseconds: 0)), count: count
      ).flatMap { $0 }
    }
    var reader = try CaptureReader(CaptureSource(bytes: PcapBytes.header() + records))
    var collector = PacketCollector()
    reader.read(into: &collector)
    var reassembly = ReassemblyStatistics()
    reassembly.strays = 3
    reassembly.ignoredResets = 1
    let capture = CaptureSummary("a.pcap", statistics: reader.statistics, reassembly: reassembly)
    let analysis = Analysis(captures: [capture], legs: [])
    let text = TextReport(analysis, sessions: [], style: TextStyle(isColoured: false)).text
    #expect(
      text.contains(
        "1 not IP, 1 not TCP, 2 IP fragments, 4 with a cut header, 3 of no known connection, 1 RST outside the window"
      ), "\(text)")
    let json = try JSON.object(String(decoding: JSONReport.report(analysis, sessions: []), as: UTF8.self))
    let skipped = try json.array("captures")[0].object("skipped")
    #expect(
      skipped as? [String: Int] == [
        "notIP": 1, "notTCP": 1, "fragment": 2, "truncatedHeader": 4, "noConnection": 3, "ignoredReset": 1,
      ])
  }

  private static func ethernet(_ type: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 0, count: 12) + type + payload
  }

  private static func ip(_ number: UInt8, fragment: UInt8 = 0) -> [UInt8] {
    [0x45, 0, 0, 40, 0, 0, fragment, 0, 64, number] + [UInt8](repeating: 0, count: 30)
  }

  static let drops: [(dropped: UInt64?, text: String)] = [
    (nil, "EN10MB\n"), (0, "EN10MB\n"), (7, "EN10MB, 7 dropped by the capture\n"),
  ]

  @Test(arguments: drops)
  func `packets that the capture dropped are told`(_ dropped: UInt64?, text: String) throws {
    var statistics = CaptureStatistics(linkTypes: [.ethernet])
    statistics.dropped = dropped
    let capture = CaptureSummary("a.pcap", statistics: statistics, reassembly: ReassemblyStatistics())
    let analysis = Analysis(captures: [capture], legs: [])
    let report = TextReport(analysis, sessions: [], style: TextStyle(isColoured: false)).text
    #expect(report.hasSuffix(text), "\(report)")
    let json = try JSON.object(String(decoding: JSONReport.report(analysis, sessions: []), as: UTF8.self))
    #expect(try json.array("captures")[0]["dropped"] as? UInt64 == dropped)
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
