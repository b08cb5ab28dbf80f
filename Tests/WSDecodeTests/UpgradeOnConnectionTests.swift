import Streams
import TestSupport
import Testing
import WSDecode

/// Where on a connection an upgrade may come.
@Suite struct UpgradeOnConnectionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What is sent in front of the client's and the server's first frame, segment by segment.
    var segments: [(Side, [UInt8])]
  }

  static let request = WebSocketBytes.request()
  static let response = WebSocketBytes.response()
  static let plainRequest = WebSocketBytes.ordinaryRequest
  static let plainResponse = WebSocketBytes.ordinaryResponse
  static let clientFrames = [
    WebSocketBytes.text("hello", from: .client), WebSocketBytes.close(1000, "bye", from: .client),
  ]
  static let serverFrames = [WebSocketBytes.text("hi"), WebSocketBytes.close(1000, "bye")]

  static let rows = [
    Row(testDescription: "as the first request", segments: [(.client, request), (.server, response)]),
    Row(
      testDescription: "as the third request",
      segments: [
        (.client, plainRequest), (.server, plainResponse), (.client, plainRequest), (.server, plainResponse),
        (.client, request), (.server, response),
      ]),
    Row(
      testDescription: "pipelined with an ordinary request",
      segments: [(.client, plainRequest + request), (.server, plainResponse), (.server, response)]),
    Row(
      testDescription: "pipelined, answered in one segment",
      segments: [
        (.client, plainRequest + plainRequest + request), (.server, plainResponse + plainResponse + response),
      ]),
    Row(
      testDescription: "behind a request with a body",
      segments: [
        (.client, WebSocketBytes.lines(["POST / HTTP/1.1", "Content-Length: 7"]) + Array("GET / H".utf8)),
        (.server, plainResponse), (.client, request), (.server, response),
      ]),
    Row(
      testDescription: "behind a chunked request, answered by 100 first",
      segments: [
        (
          .client,
          WebSocketBytes.lines(["POST / HTTP/1.1", "Transfer-Encoding: chunked", "Expect: 100-continue"])
        ),
        (.server, WebSocketBytes.lines(["HTTP/1.1 100 Continue"])),
        (.client, Array("5\r\nGET /\r\n0\r\n\r\n".utf8)), (.server, plainResponse), (.client, request),
        (.server, response),
      ]),
    Row(
      testDescription: "answered by 103 first",
      segments: [
        (.client, request), (.server, WebSocketBytes.lines(["HTTP/1.1 103 Early Hints", "Link: </a>"])),
        (.server, response),
      ]),
    Row(
      testDescription: "behind empty lines",
      segments: [(.client, Array("\r\n".utf8) + request), (.server, Array("\r\n".utf8) + response)]),
    Row(
      testDescription: "behind an upgrade to another protocol that was refused",
      segments: [
        (.client, WebSocketBytes.lines(["GET / HTTP/1.1", "Upgrade: h2c", "Connection: Upgrade"])),
        (.server, plainResponse), (.client, request), (.server, response),
      ]),
  ]

  /// What is sent, and the facts that it has to give.
  static func conversation(_ row: Row, attached: Bool) -> (packets: [TestPacket], facts: Set<FrameFacts>) {
    var talk = Conversation()
    talk.open()
    let last = attached ? row.segments.last?.1 ?? [] : []
    for (side, bytes) in attached ? row.segments.dropLast() : row.segments[...] { talk.send(side, bytes) }
    talk.send(.server, last + serverFrames.joined())
    talk.send(.client, Array(clientFrames.joined()))
    talk.finish(.server)

    var facts: Set<FrameFacts> = []
    for (side, frames) in [(Side.client, clientFrames), (.server, serverFrames)] {
      let count = row.segments.filter { $0.0 == side }.map(\.1.count).reduce(0, +)
      let script = Script(after: count, frames)
      for (range, opcode) in zip(script.ranges, [Opcode.text, .close]) {
        facts.insert(FrameFacts(side: side, opcode: opcode, range: range))
      }
    }
    return (talk.packets, facts)
  }

  static func check(_ row: Row, attached: Bool) {
    let (packets, facts) = conversation(row, attached: attached)
    let legs = Stages.legEvents(of: packets)
    #expect(legs.openings.map(\.request?.target) == ["/feed"])
    #expect(legs.responses.map(\.status) == [101])
    #expect(Set(legs.facts) == facts)
    #expect(legs.facts.count == facts.count)
    #expect(legs.closes.map(\.reason) == ["bye", "bye"])
    #expect(legs.losses == [] && legs.finds == [] && legs.cuts == [])
    for side in [Side.client, .server] {
      let begin = facts.filter { $0.side == side }.map(\.range.lowerBound).min()
      #expect(
        (side == .client ? legs.openings.first?.request?.endOffset : legs.responses.first?.endOffset) == begin
      )
    }
  }

  @Test(arguments: rows)
  func `an upgrade may come`(_ row: Row) { Self.check(row, attached: false) }

  @Test(arguments: rows)
  func `the server's frames, its Close with them, may share the segment of the 101`(_ row: Row) {
    Self.check(row, attached: true)
  }

  @Test(arguments: rows)
  func `an upgrade is found however its segments are cut`(_ row: Row) {
    let (packets, facts) = Self.conversation(row, attached: true)
    for size in [1, 2, 3, 5, 9, 50] {
      #expect(Set(Stages.legEvents(of: packets.cut(into: size)).facts) == facts, "\(size) bytes each")
    }
  }

  @Test func `a leg begins with its opening and ends with its connection`() throws {
    let (packets, _) = Self.conversation(Self.rows[0], attached: false)
    let events = Stages.legEvents(of: packets).events
    guard case .opened(let opening) = events.first,
      case .responded = events.dropFirst().first(where: { if case .stream = $0 { false } else { true } })
    else {
      Issue.record("\(events)")
      return
    }
    #expect(opening.connection.client == Conversation().client)
    #expect(opening.connection.server == Conversation().server)
    #expect(opening.connection.sawStart)
    #expect(events.last == .stream(.closed(.ended)))
    #expect(events.count { $0 == .stream(.closed(.ended)) } == 1)
  }

  @Test func `a frame is told with the packets of its first and last byte`() {
    let frame = WebSocketBytes.text("hello")
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("x") + frame.prefix(1))
    talk.send(.server, Array(frame[1..<4]))
    talk.send(.server, Array(frame[4...]))
    let frames = Stages.legEvents(of: talk.packets).frames
    #expect(frames.map(\.first.number) == [7, 7])
    #expect(frames.map(\.last.number) == [7, 9])
    #expect(frames.map(\.last.time) == [talk.packets[6], talk.packets[8]].map(\.segment.packet.time))
  }
}
