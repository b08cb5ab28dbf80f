import Capture
import Streams
import TestSupport
import Testing
import WSDecode

/// Captures that began on a connection that was already there: no SYN tells who is the client.
@Suite struct MidStreamTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What comes in front of the upgrade request.
    var segments: [(Side, [UInt8])]
  }

  static let body = Array("...the rest of a page</html>".utf8)
  static let rows = [
    Row(testDescription: "the upgrade request", segments: []),
    Row(
      testDescription: "an ordinary request",
      segments: [(.client, WebSocketBytes.ordinaryRequest), (.server, WebSocketBytes.ordinaryResponse)]),
    Row(testDescription: "a response", segments: [(.server, WebSocketBytes.ordinaryResponse)]),
    Row(testDescription: "the rest of a response", segments: [(.server, body)]),
    Row(
      testDescription: "the rest of a request",
      segments: [(.client, body), (.server, WebSocketBytes.ordinaryResponse)]),
    Row(
      testDescription: "the rest of a response that begins with capitals",
      segments: [(.server, Array("THE END of a page</html>".utf8))]),
    Row(
      testDescription: "the rest of a request that begins with capitals",
      segments: [(.client, Array("AAAAAAAABBBB".utf8)), (.server, WebSocketBytes.ordinaryResponse)]),
  ]

  /// With the server's port above or below the client's.
  static let ports = [("10.9.1.2:40000", "10.9.1.1:80"), ("10.9.1.2:1024", "10.9.1.1:9900")]

  @Test(arguments: rows, ports)
  func `a capture may begin with`(_ row: Row, ports: (client: String, server: String)) {
    var talk = Conversation(client: ports.client, server: ports.server)
    for (side, bytes) in row.segments { talk.send(side, bytes) }
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("hi"))
    talk.send(.client, WebSocketBytes.text("ho", from: .client))
    talk.send(.server, WebSocketBytes.close(4321))
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)

    #expect(legs.openings.map(\.request?.target) == ["/feed"])
    #expect(legs.openings.map(\.connection.client) == [Endpoint(text: ports.client)])
    #expect(legs.openings.map(\.connection.server) == [Endpoint(text: ports.server)])
    #expect(legs.openings.map(\.connection.sawStart) == [false])
    #expect(legs.responses.map(\.status) == [101])
    let sent = { (side: Side) in row.segments.filter { $0.0 == side }.map(\.1.count).reduce(0, +) }
    let client = UInt64(sent(.client)) + .afterRequest
    let server = UInt64(sent(.server)) + .afterResponse
    #expect(
      Set(legs.facts) == [
        FrameFacts(side: .client, opcode: .text, range: client..<client + 8),
        FrameFacts(side: .server, opcode: .text, range: server..<server + 4),
        FrameFacts(side: .server, opcode: .close, range: server + 4..<server + 8),
      ])
    #expect(legs.losses == [])
    #expect(legs.beginnings == [.client: [1000], .server: [5000]])
    #expect(
      legs.fins == [Place(side: .client, offset: client + 8), Place(side: .server, offset: server + 8)])
  }

  @Test(arguments: ports)
  func `a 101 may come before its request`(ports: (client: String, server: String)) {
    var talk = Conversation(client: ports.client, server: ports.server)
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.finish(.server)
    var packets = talk.packets
    packets.swapAt(0, 1)
    let legs = Stages.legEvents(of: TestPacket.numbered(packets))
    #expect(legs.openings.map(\.request?.target) == ["/feed"])
    #expect(legs.openings.map(\.connection.client) == [Endpoint(text: ports.client)])
    #expect(Set(legs.facts.map(\.side)) == [.client, .server])
    #expect(legs.closes.map(\.code?.rawValue) == [4321, 4321])
  }

  @Test func `who sent the SYN is the client, whatever is said`() {
    var talk = Conversation(client: "10.9.1.2:80", server: "10.9.1.1:40000")
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hi"))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.map(\.connection.client) == [Endpoint(text: "10.9.1.2:80")])
    #expect(legs.facts.map(\.side) == [.server])

    var reversed = Conversation(client: "10.9.1.2:80", server: "10.9.1.1:40000")
    reversed.open()
    reversed.send(.server, WebSocketBytes.request())
    reversed.send(.client, WebSocketBytes.response() + WebSocketBytes.text("hi"))
    #expect(Stages.legEvents(of: reversed.packets).events == [])
  }
}
