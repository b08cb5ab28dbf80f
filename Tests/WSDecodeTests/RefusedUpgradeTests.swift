import Streams
import TestSupport
import Testing
import WSDecode

@Suite struct RefusedUpgradeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var response: [UInt8]
    var status = 403
  }

  static let lookalike = WebSocketBytes.response() + WebSocketBytes.close(1000)
  static let rows = [
    Row(testDescription: "without a body", response: WebSocketBytes.refusal),
    Row(
      testDescription: "with a body that looks like a 101 and a Close",
      response: WebSocketBytes.lines(["HTTP/1.1 426 Upgrade Required", "Content-Length: \(lookalike.count)"])
        + lookalike, status: 426),
    Row(
      testDescription: "with a chunked body",
      response: WebSocketBytes.lines(["HTTP/1.1 503 Service Unavailable", "Transfer-Encoding: chunked"])
        + Array("3\r\nno!\r\n0\r\n\r\n".utf8), status: 503),
    Row(testDescription: "by 200", response: WebSocketBytes.ordinaryResponse, status: 200),
  ]

  @Test(arguments: rows)
  func `a second upgrade may follow one that was refused`(_ row: Row) {
    let second = WebSocketBytes.request(target: "/second")
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request(target: "/first"))
    talk.send(.server, row.response)
    talk.send(.client, second)
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("hi"))
    talk.finish(.server)
    let offset = UInt64(row.response.count) + .afterResponse
    for size in [1, 7, 10_000] {
      let legs = Stages.legEvents(of: talk.packets.cut(into: size))
      #expect(legs.openings.map(\.request?.target) == ["/first", "/second"])
      #expect(legs.responses.map(\.status) == [row.status, 101])
      #expect(legs.facts == [FrameFacts(side: .server, opcode: .text, range: offset..<offset + 4)])
      #expect(legs.losses == [])
    }
  }

  @Test func `the leg of a refused upgrade ends where the next begins`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request(target: "/first"))
    talk.send(.server, WebSocketBytes.refusal)
    talk.send(.client, WebSocketBytes.request(target: "/second"))
    talk.send(.server, WebSocketBytes.response())
    talk.finish(.server)
    let events = Stages.legEvents(of: talk.packets).events
    let ends = events.indices.filter { if case .stream(.closed) = events[$0] { true } else { false } }
    let openings = events.indices.filter { if case .opened = events[$0] { true } else { false } }
    #expect(openings.count == 2)
    #expect(ends == [openings[1] - 1, events.count - 1])
    #expect(events[ends[0]] == .stream(.closed(.reused)))
  }

  @Test func `each leg is told where the streams began`() {
    var talk = Conversation()
    talk.open()
    for target in ["/first", "/second"] {
      talk.send(.client, WebSocketBytes.request(target: target))
      talk.send(.server, WebSocketBytes.refusal)
    }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.beginnings == [.client: [1001, 1001], .server: [5001, 5001]])
  }

  @Test func `ordinary requests go on behind a refusal`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.refusal)
    for _ in 1...3 {
      talk.send(.client, WebSocketBytes.ordinaryRequest)
      talk.send(.server, WebSocketBytes.ordinaryResponse)
    }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.count == 1)
    #expect(legs.responses.map(\.status) == [403])
    #expect(legs.facts == [] && legs.losses == [] && legs.cuts == [])
  }

  /// The second request is in the capture before the first response.
  @Test func `a second upgrade may be captured before the refusal of the first`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request(target: "/first"))
    talk.send(.server, WebSocketBytes.refusal)
    talk.send(.client, WebSocketBytes.request(target: "/second"))
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.close(1001))
    talk.finish(.server)
    var packets = talk.packets
    packets.swapAt(4, 5)
    let legs = Stages.legEvents(of: TestPacket.numbered(packets))
    #expect(legs.openings.map(\.request?.target) == ["/first", "/second"])
    #expect(legs.responses.map(\.status) == [403, 101])
    #expect(legs.closes.map(\.code?.rawValue) == [1001])
  }

  @Test func `a body until the end of the stream holds no upgrade`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 400 Bad Request"]))
    talk.send(.server, Self.lookalike)
    talk.send(.server, WebSocketBytes.close(1000), fin: true)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.responses.map(\.status) == [400])
    #expect(legs.facts == [] && legs.closes == [])
  }

  /// The capture lacks a response; the refusal comes later.
  @Test func `a refusal is understood although an earlier response is missing`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.ordinaryRequest)
    talk.sendUncaptured(.server, 80)
    for seconds in [1.0, 3] {
      talk.time = seconds
      talk.acknowledge(.client)
    }
    talk.send(.client, WebSocketBytes.request(target: "/first"))
    talk.send(.server, WebSocketBytes.refusal)
    talk.send(.client, WebSocketBytes.request(target: "/second"))
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.close(1001))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request?.target) == ["/first", "/second"])
    #expect(legs.responses.map(\.status) == [403, 101])
    #expect(legs.closes.map(\.code?.rawValue) == [1001])
  }
}
