import Capture
import CloseAnalysis
import Streams
import TCPReassembly
import TestSupport
import Testing

@testable import Report

@Suite struct LadderTests {
  @Test(arguments: 1...4)
  func `each leg has a column of its own`(legs: Int) throws {
    let session = try session(legs: legs)
    let lines = lines(of: session)
    for leg in 0..<legs {
      let columns = zip(lines, entries(of: session)).filter { $1.leg == leg }.map { arrow(in: $0.0) }
      #expect(columns.count >= 3)
      #expect(Set(columns).count == 1 && columns[0] != nil, "leg \(leg): \(lines)")
    }
  }

  @Test(arguments: 2...4)
  func `the server stands on the left and the client on the right`(legs: Int) throws {
    let session = try session(legs: legs)
    let lines = lines(of: session)
    let arrows = zip(lines, entries(of: session)).map { line, entry in
      (leg: entry.leg, column: arrow(in: line) ?? -1)
    }
    for (a, b) in zip(arrows, arrows.dropFirst()) where a.leg != b.leg {
      #expect((a.leg > b.leg) == (a.column < b.column))
    }
    #expect(lines.contains { $0.contains("server ──▶ proxy") })
    #expect(lines.contains { $0.contains("──▶ client") })
  }

  static let reasons: [HostileText] = [
    "", "test", "a much longer reason than others have", "漢字", "🧨", "e\u{301}", "\u{1b}[31m\u{202e}\n",
  ]

  @Test(arguments: reasons)
  func `packet numbers stand under each other`(_ reason: HostileText) throws {
    let lines = lines(of: try session(legs: 3, reason: reason.text))
    #expect(lines.count > 3)
    #expect(Set(lines.map { column(of: "packet ", in: $0) }).count == 1, "\(lines)")
  }

  @Test func `times stand under each other, also when they go back`() throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.time = 700
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.time = 2.5
    conversation.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    conversation.time = 12345
    conversation.finish(.server)
    let lines = lines(of: try #require(Stages.sessions(of: conversation.packets).first))
    #expect(Set(lines.map { column(of: " s  ", in: $0) }).count == 1, "\(lines)")
    #expect(lines[0].trimmingPrefix { $0 == " " }.hasPrefix("0.000 s"))
    #expect(lines[1].trimmingPrefix { $0 == " " }.hasPrefix("-697.500 s"))
  }

  @Test(arguments: ["a\nb", "\u{1b}[2J", "\u{202e}gpj", "\u{9b}31m", "\u{2028}"] as [HostileText])
  func `what came off the wire makes no line and moves no cursor`(_ reason: HostileText) throws {
    let harmless = lines(of: try session(legs: 2))
    let lines = lines(of: try session(legs: 2, reason: reason.text))
    #expect(lines.count == harmless.count)
    #expect(lines.allSatisfy { $0.unicodeScalars.allSatisfy { !Escape.isUnsafe($0) } })
  }

  @Test func `with several captures a packet is told with its capture's name`() throws {
    let session = try session(legs: 2)
    let names = ["/tmp/pod\u{1b}[31m.pcap", "gateway.pcap"]
    let captures = names.map { name in
      CaptureSummary(name, reassembly: ReassemblyStatistics(connections: 2))
    }
    for line in lines(of: session, captures) {
      #expect(line.contains("pod\\u{1b}[31m.pcap packet "))
    }
    #expect(lines(of: session).allSatisfy { !$0.contains(".pcap") })
  }

  @Test func `missing bytes stand before what follows them in the stream`() throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.sendUncaptured(.server, 8)
    conversation.finish(.server)
    conversation.acknowledge(.client)
    let session = try #require(Stages.sessions(of: conversation.packets).first)
    let events = session.timeline.map(\.event.name)
    #expect(events == ["request", "response", "gap", "FIN", "FIN"])
    let lines = lines(of: session)
    #expect(lines[0].contains("server ──▶ client  8 bytes not captured"), "\(lines)")
    // It is the FIN that shows them first.
    let fin = try #require(conversation.packets.first { $0.segment.flags.contains(.fin) }).segment.packet
    #expect(lines[0].hasSuffix("packet \(fin.number)"), "\(lines)")
    #expect(lines[1].hasSuffix("packet \(fin.number)") && lines[1].contains("FIN"), "\(lines)")
  }

  static let late: [(frame: [UInt8], text: String)] = [
    (WebSocketBytes.close(1001), "CLOSE (second)"),
    (WebSocketBytes.text("x"), "text frame behind the Close frame"),
  ]

  @Test(arguments: late)
  func `what must not follow a Close frame is shown`(_ frame: [UInt8], text: String) throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.send(.server, frame)
    conversation.finish(.server)
    let lines = lines(of: try #require(Stages.sessions(of: conversation.packets).first))
    #expect(lines.count == 4)
    #expect(lines[1].contains("server ──▶ client  \(text)"), "\(lines)")
  }

  @Test func `of a leg without its handshake the far end may be a proxy`() throws {
    var conversation = Conversation()
    conversation.upgrade()
    for number in 0..<5 {
      conversation.send(.server, WebSocketBytes.text("message \(number)"))
      conversation.send(.client, WebSocketBytes.text("answer \(number)", from: .client))
    }
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    conversation.finish(.server)
    let late = TestPacket.numbered(Array(conversation.packets.dropFirst(6)))
    let lines = lines(of: try #require(Stages.sessions(of: late).first))
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.contains("  upstream ") && $0.contains(" downstream  ") }, "\(lines)")
  }

  @Test(arguments: 1...4)
  func `the headline numbers the proxies as the ladder does`(legs: Int) throws {
    let session = try session(legs: legs)
    let capture = CaptureSummary("a.pcap", reassembly: ReassemblyStatistics(connections: UInt64(legs)))
    var analysis = Analysis(captures: [capture], legs: [])
    analysis.sessions = [session]
    let text = TextReport(analysis, sessions: [session], style: TextStyle(isColoured: false)).text
    let headline = try #require(text.split(separator: "\n").first)
    for proxy in 1..<legs {
      let name = legs == 2 ? "proxy" : "proxy \(proxy)"
      #expect(headline.contains("10.9.\(proxy - 1).1 (\(name)) → "), "\(headline)")
    }
    #expect(headline.matches(of: #/\(proxy/#).count == legs - 1)
    // The proxy that is named first stands next to the client.
    if legs > 2 { #expect(lines(of: session).contains { $0.contains("proxy 1 ──▶ client") }) }
  }

  private func lines(of session: Session, _ captures: [CaptureSummary] = []) -> [String] {
    var lines = TextBuffer()
    Ladder(session, captures: captures).write(TextStyle(isColoured: false), to: &lines)
    return String(decoding: lines.takeBytes(), as: UTF8.self).split(separator: "\n").map {
      String($0.dropFirst(2))
    }
  }

  private func arrow(in line: String) -> Int? {
    column(of: "──▶", in: line) ?? column(of: "◀──", in: line)
  }

  private func column(of mark: String, in line: String) -> Int? {
    line.firstRange(of: mark).map { line.distance(from: line.startIndex, to: $0.lowerBound) }
  }

  private func entries(of session: Session) -> [TimelineEntry] {
    session.timeline.filter { $0.event != .request && $0.event != .response }
  }

  /// One session over as many legs: the proxies pass on the Close frames and end a second later each.
  private func session(legs count: Int, reason: String = "test") throws -> Session {
    var legs = (0..<count).map { leg in
      // Equal sequence numbers would make one leg, seen twice, of two.
      Conversation(
        client: "10.9.\(leg).2:40000", server: "10.9.\(leg).1:80", clientISN: UInt32(leg),
        serverISN: 1000 * UInt32(leg))
    }
    func each(_ start: Double, _ indices: some Sequence<Int>, _ body: (inout Conversation) -> Void) {
      for (step, index) in indices.enumerated() {
        legs[index].time = start + Double(step) * 0.001
        body(&legs[index])
      }
    }
    each(0, 0..<count) { leg in
      leg.open()
      leg.send(.client, WebSocketBytes.request())
    }
    each(0.5, (0..<count).reversed()) { leg in
      leg.send(.server, WebSocketBytes.response())
      leg.acknowledge(.client)
    }
    each(1, (0..<count).reversed()) { $0.send(.server, WebSocketBytes.close(4321, reason)) }
    each(2, 0..<count) { $0.send(.client, WebSocketBytes.close(4321, reason, from: .client)) }
    for (step, index) in (0..<count).reversed().enumerated() {
      legs[index].time = 3 + Double(step)
      legs[index].finish(.server)
    }
    let sessions = Stages.sessions(of: TestPacket.merged(legs.map(\.packets)))
    #expect(sessions.count == 1)
    let session = try #require(sessions.first)
    #expect(session.legs.count == count)
    return session
  }
}
