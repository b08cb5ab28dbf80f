import Streams
import TestSupport
import Testing
import WSDecode

/// Connections that are no WebSocket say nothing.
@Suite struct NoLegTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var client: [UInt8]
    var server: [UInt8]
  }

  static let hello: [UInt8] = [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00]
  static let rows = [
    Row(testDescription: "TLS", client: hello, server: hello),
    Row(testDescription: "SSH", client: Array("SSH-2.0-x\r\n".utf8), server: Array("SSH-2.0-y\r\n".utf8)),
    Row(
      testDescription: "SMTP", client: Array("EHLO example.com\r\nQUIT\r\n".utf8),
      server: Array("220 example.com\r\n250 ok\r\n221 bye\r\n".utf8)),
    Row(
      testDescription: "HTTP/2", client: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
      server: [0, 0, 0, 4, 0, 0, 0, 0, 0]),
    Row(
      testDescription: "frames without a handshake", client: WebSocketBytes.close(1000, from: .client),
      server: WebSocketBytes.close(1000)),
    Row(
      testDescription: "HTTP", client: WebSocketBytes.ordinaryRequest, server: WebSocketBytes.ordinaryResponse
    ),
    Row(
      testDescription: "a switch to another protocol",
      client: WebSocketBytes.lines(["GET / HTTP/1.1", "Upgrade: h2c", "Connection: Upgrade"]),
      server: WebSocketBytes.lines([
        "HTTP/1.1 101 Switching Protocols", "Upgrade: h2c", "Connection: Upgrade",
      ])
        + WebSocketBytes.close(1000)),
    Row(testDescription: "nothing", client: [], server: []),
  ]

  @Test(arguments: rows)
  func `what is no WebSocket is no leg`(_ row: Row) {
    for size in [1, 5, 1000] {
      var talk = Conversation()
      talk.open()
      if !row.client.isEmpty { talk.send(.client, row.client) }
      if !row.server.isEmpty { talk.send(.server, row.server) }
      talk.acknowledge(.client)
      talk.finish(.client)
      #expect(Stages.legEvents(of: talk.packets.cut(into: size)).events == [])
    }
  }

  /// A tunnel's inside is another connection: it may hold an upgrade.
  @Test func `an upgrade inside a CONNECT tunnel is found`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.lines(["CONNECT example.com:80 HTTP/1.1"]))
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 200 Connection established"]))
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response())
    talk.send(.server, WebSocketBytes.close(4321))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.responses.map(\.status) == [101])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  @Test(arguments: 1...100)
  func `random streams are no leg`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var talk = Conversation()
    if seed % 2 == 0 { talk.open() }
    for _ in 0..<50 {
      let count = Int.random(in: 1...(seed % 3 == 0 ? 8 : 300), using: &random)
      let side: Side = Bool.random(using: &random) ? .client : .server
      if Int.random(in: 0..<10, using: &random) == 0 { talk.sendUncaptured(side, 100) }
      talk.send(side, random.bytes(count))
    }
    #expect(Stages.legEvents(of: talk.packets).events == [])
  }

  /// Words of HTTP in any order: whatever comes of it, nothing traps and no frame is told without a 101.
  @Test(arguments: 1...200)
  func `a shuffle of handshakes never tells frames without a 101`(seed: Int) {
    let words = [
      WebSocketBytes.ordinaryRequest, WebSocketBytes.ordinaryResponse, WebSocketBytes.request(),
      WebSocketBytes.refusal, WebSocketBytes.close(1000), WebSocketBytes.text("x", from: .client),
      Array("\r\n".utf8), Array("HTTP/1.1 ".utf8), Array("GET ".utf8),
    ]
    var random = SeededGenerator(seed: UInt64(seed))
    var talk = Conversation()
    if seed % 2 == 0 { talk.open() }
    for _ in 0..<30 {
      talk.send(Bool.random(using: &random) ? .client : .server, words.randomElement(using: &random) ?? [])
    }
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.responses.allSatisfy { $0.status != 101 })
    #expect(legs.facts == [] && legs.closes == [])
  }
}
