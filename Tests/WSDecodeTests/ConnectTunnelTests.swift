import Streams
import TestSupport
import Testing
import WSDecode

/// CONNECT over HTTP/1.1 (RFC 9110 §9.3.6): what follows is a connection of its own.
@Suite struct ConnectTunnelTests {
  static let connect = WebSocketBytes.lines(["CONNECT 10.9.2.2:9900 HTTP/1.1", "Host: 10.9.2.2:9900"])
  static let granted = WebSocketBytes.lines(["HTTP/1.1 200 OK"])
  static let request = WebSocketBytes.request()
  static let response = WebSocketBytes.response()
  static let clientFrame = WebSocketBytes.text("hello", from: .client)
  static let serverFrame = WebSocketBytes.close(4321, "test")

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var segments: [(Side, [UInt8])]
  }
  static let rows = [
    Row(
      testDescription: "one after the other",
      segments: [
        (.client, connect), (.server, granted), (.client, request), (.server, response),
        (.client, clientFrame),
        (.server, serverFrame),
      ]),
    Row(
      testDescription: "the request does not wait for the tunnel",
      segments: [
        (.client, connect + request), (.server, granted + response), (.client, clientFrame),
        (.server, serverFrame),
      ]),
    Row(
      testDescription: "the response is captured before the requests",
      segments: [
        (.server, granted + response + serverFrame), (.client, connect + request + clientFrame),
      ]),
    Row(
      testDescription: "a grant with a length that means nothing",
      segments: [
        (.client, connect), (.server, WebSocketBytes.lines(["HTTP/1.1 200 OK", "Content-Length: 50"])),
        (.client, request), (.server, response), (.client, clientFrame), (.server, serverFrame),
      ]),
  ]

  @Test(arguments: rows, [1, 7, 1000])
  func `a WebSocket inside is a leg with its request and its response`(_ row: Row, size: Int) throws {
    var talk = Conversation()
    talk.open()
    for (side, bytes) in row.segments { talk.send(side, bytes) }
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets.cut(into: size))
    let opening = try #require(legs.openings.first)
    #expect(legs.openings.count == 1)
    #expect(opening.request?.target == "/feed" && opening.request?.key == WebSocketBytes.key)
    #expect(opening.connection.tunnel == "10.9.2.2:9900")
    #expect(legs.responses.map(\.status) == [101])
    #expect(Set(legs.facts.map(\.opcode)) == [.text, .close])
    #expect(
      legs.facts(of: .client).first?.range.lowerBound == UInt64(Self.connect.count + Self.request.count))
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
    #expect(legs.losses == [])
  }

  @Test func `a refused CONNECT leaves the connection as it is`() throws {
    var talk = Conversation()
    talk.open()
    talk.send(.client, Self.connect)
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 407 No", "Content-Length: 0"]))
    talk.send(.client, Self.request)
    talk.send(.server, Self.response)
    talk.send(.server, Self.serverFrame)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.request?.target) == ["/feed"])
    #expect(legs.openings.map(\.connection.tunnel) == [nil])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }
}
