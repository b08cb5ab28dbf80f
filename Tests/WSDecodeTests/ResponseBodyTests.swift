import Streams
import TestSupport
import Testing
import WSDecode

/// Which bytes of a kept-alive connection are a response's body (RFC 9112 §6.3): what is in one is no
/// upgrade, and what follows one may be.
@Suite struct ResponseBodyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var method = "GET"
    var status = "200 OK"
    var fields: [String] = []
    var body: [UInt8] = []
  }

  static let lookalike = WebSocketBytes.response() + WebSocketBytes.close(1000)
  static let chunked =
    Array((String(lookalike.count, radix: 16, uppercase: true) + ";x=y\r\n").utf8) + lookalike
    + Array("\r\n0\r\nX-Trailer: 1\r\n\r\n".utf8)

  static let rows = [
    Row(testDescription: "length", fields: ["Content-Length: \(lookalike.count)"], body: lookalike),
    Row(
      testDescription: "length in another letter case", fields: ["CONTENT-length:\(lookalike.count)"],
      body: lookalike),
    Row(testDescription: "length 0", fields: ["Content-Length: 0"]),
    Row(testDescription: "chunked", fields: ["Transfer-Encoding: chunked"], body: chunked),
    Row(testDescription: "gzip, chunked", fields: ["Transfer-Encoding: gzip, Chunked"], body: chunked),
    Row(
      testDescription: "chunked goes before a length",
      fields: ["Content-Length: 5", "Transfer-Encoding: chunked"], body: chunked),
    Row(testDescription: "HEAD", method: "HEAD", fields: ["Content-Length: 1000"]),
    Row(testDescription: "HEAD, chunked", method: "HEAD", fields: ["Transfer-Encoding: chunked"]),
    Row(testDescription: "HEAD without a length", method: "HEAD"),
    Row(testDescription: "204", status: "204 No Content"),
    Row(testDescription: "304", status: "304 Not Modified", fields: ["Content-Length: 1000"]),
  ]

  static func conversation(_ row: Row) -> Conversation {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.lines(["\(row.method) /page HTTP/1.1", "Host: a"]))
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 \(row.status)"] + row.fields) + row.body)
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.close(4321))
    return talk
  }

  @Test(arguments: rows)
  func `an upgrade is found behind a body, and none inside`(_ row: Row) {
    let packets = Self.conversation(row).packets
    for size in [1, 4, 100_000] {
      let legs = Stages.legEvents(of: packets.cut(into: size))
      #expect(legs.openings.count == 1)
      #expect(legs.responses.map(\.status) == [101])
      #expect(legs.closes.map(\.code?.rawValue) == [4321])
      #expect(legs.losses == [])
    }
  }

  @Test func `a request's body holds no upgrade`() {
    let body = WebSocketBytes.request(target: "/inside")
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.lines(["POST / HTTP/1.1", "Content-Length: \(body.count)"]))
    talk.send(.client, body)
    talk.send(.server, WebSocketBytes.ordinaryResponse)
    #expect(Stages.legEvents(of: talk.packets).events == [])
    talk.send(.client, WebSocketBytes.request())
    #expect(Stages.legEvents(of: talk.packets).openings.map(\.request?.target) == ["/feed"])
  }

  @Test(arguments: ["GET", "POST"])
  func `a body that the end of the stream ends holds no upgrade`(method: String) {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.lines(["\(method) / HTTP/1.1"]))
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 200 OK"]))
    talk.send(.server, Self.lookalike)
    talk.send(.server, Self.lookalike, fin: true)
    #expect(Stages.legEvents(of: talk.packets).events == [])
  }

  /// The answer to a HEAD that has to be paired with it over pipelined requests.
  @Test func `responses are paired with pipelined requests in order`() {
    var talk = Conversation()
    talk.open()
    talk.send(
      .client,
      WebSocketBytes.lines(["GET /1 HTTP/1.1"]) + WebSocketBytes.lines(["HEAD /2 HTTP/1.1"])
        + WebSocketBytes.lines(["GET /3 HTTP/1.1"]) + WebSocketBytes.request())
    talk.send(
      .server,
      WebSocketBytes.lines(["HTTP/1.1 100 Continue"]) + WebSocketBytes.ordinaryResponse
        + WebSocketBytes.lines(["HTTP/1.1 200 OK", "Content-Length: 5"]) + WebSocketBytes.ordinaryResponse
        + WebSocketBytes.response() + WebSocketBytes.close(4321))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.responses.map(\.status) == [101])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  /// A framer that had lost the boundaries would take the second body for a 101.
  @Test(arguments: [1, 50, 99])
  func `bytes missing inside a body keep the framing of the connection`(missing: Int) {
    let lookalike = WebSocketBytes.response() + WebSocketBytes.close(1000)
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.ordinaryRequest + WebSocketBytes.ordinaryRequest)
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 200 OK", "Content-Length: 100"]) + [0x61])
    talk.sendUncaptured(.server, UInt32(missing))
    talk.send(
      .server,
      [UInt8](repeating: 0x61, count: 99 - missing)
        + WebSocketBytes.lines(["HTTP/1.1 200 OK", "Content-Length: \(lookalike.count)"]))
    talk.send(.server, lookalike)
    talk.acknowledge(.client)
    talk.time = 2
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.close(4321))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request?.target) == ["/feed"])
    #expect(legs.responses.map(\.status) == [101])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }
}
