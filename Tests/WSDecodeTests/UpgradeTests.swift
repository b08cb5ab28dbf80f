import TestSupport
import Testing
import WSDecode

@Suite struct UpgradeTests {
  static let keys = [
    // RFC 6455 §1.3.
    ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    // The example of Wikipedia's article on WebSocket.
    ("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
    ("", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="),
  ]

  @Test(arguments: keys)
  func `the accept value follows from the key`(key: String, accept: String) {
    #expect(UpgradeResponse.accept(for: key) == accept)
  }

  static func run(
    request: [String] = [], response: [String] = []
  ) -> LegRecorder {
    var talk = Conversation()
    talk.upgrade(requestFields: request, responseFields: response)
    return Stages.legEvents(of: talk.packets)
  }

  @Test func `the request tells what a report needs`() throws {
    let legs = Self.run(request: [
      "User-Agent: test/1", "X-Request-ID: r-1", "X-Forwarded-For: 1.2.3.4, 5.6.7.8", "Via: 1.1 proxy",
    ])
    let request = try #require(legs.openings.first?.request)
    #expect(request.key == WebSocketBytes.key)
    #expect(request.target == "/feed")
    #expect(request.host == "example.com")
    #expect(request.userAgent == "test/1")
    #expect(request.requestID == "r-1")
    #expect(request.forwardedFor.map { "\($0)" } == ["5.6.7.8", "1.2.3.4"])
    #expect(request.via == "1.1 proxy")
    #expect(request.packet.number == 4)
  }

  @Test(arguments: [
    (
      #"1.2.3.4,[2001:db8::1], "::ffff:10.0.0.1" , unknown, 1.2.3.4:80"#,
      ["10.0.0.1", "2001:db8::1", "1.2.3.4"]
    ),
    ("", []), (",", []), ("10.9.1.2", ["10.9.1.2"]), (String(repeating: ":", count: 60), []),
  ])
  func `x-forwarded-for names addresses`(field: String, addresses: [String]) throws {
    let legs = Self.run(request: ["X-Forwarded-For: \(field)"])
    #expect(legs.openings.first?.request?.forwardedFor.map { "\($0)" } == addresses)
  }

  @Test func `of a long x-forwarded-for the end is looked at`() throws {
    let field =
      String(repeating: "10.200.100.250, ", count: 2000)
      + (1...17).map { "10.9.1.\($0)" }.joined(separator: ",")
    let legs = Self.run(request: ["X-Forwarded-For: \(field)"])
    #expect(
      legs.openings.first?.request?.forwardedFor.map { "\($0)" } == (2...17).reversed().map { "10.9.1.\($0)" }
    )
    let far = Self.run(request: [
      "X-Forwarded-For: 1.2.3.4," + String(repeating: " ", count: 2000) + "10.9.1.1"
    ])
    #expect(far.openings.first?.request?.forwardedFor.map { "\($0)" } == [])
  }

  @Test func `the response tells what a report needs`() throws {
    let legs = Self.run(response: ["Sec-WebSocket-Protocol: chat", "Server: envoy", "via: 1.1 x"])
    let response = try #require(legs.responses.first)
    #expect(response.status == 101)
    #expect(response.statusText == "Switching Protocols")
    #expect(response.isSwitchingProtocols)
    #expect(response.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(response.subprotocol == "chat")
    #expect(response.server == "envoy")
    #expect(response.via == "1.1 x")
    #expect(response.deflate == nil)
    #expect(response.packet.number == 5)
  }

  @Test func `texts that are not the usual ones are told as they are`() throws {
    var talk = Conversation()
    talk.open()
    talk.send(
      .client,
      WebSocketBytes.lines([
        "GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: \(WebSocketBytes.key)",
      ]))
    let accept = "S3PPLMBITXAQ9KYGZZHZRBK+XOO="
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 101 Switching", "Sec-WebSocket-Accept: \(accept)"]))
    let legs = Stages.legEvents(of: talk.packets)
    let response = try #require(legs.responses.first)
    #expect(response.statusText == "Switching")
    #expect(response.accept == accept)
    #expect(legs.openings.first?.request?.expectedAccept != accept)
  }

  @Test func `what the heads do not tell is nil`() throws {
    let legs = Self.run()
    let request = try #require(legs.openings.first?.request)
    #expect(
      [request.userAgent, request.requestID, request.via] == [nil, nil, nil] && request.forwardedFor.isEmpty)
    let response = try #require(legs.responses.first)
    #expect([response.subprotocol, response.server, response.via] == [nil, nil, nil])
  }

  struct Ask: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var lines: [String]
    var isUpgrade: Bool
  }

  static let asks = [
    Ask(
      testDescription: "usual", lines: ["GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"],
      isUpgrade: true),
    Ask(
      testDescription: "Firefox",
      lines: ["GET / HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket"],
      isUpgrade: true),
    Ask(
      testDescription: "letter case", lines: ["GET / HTTP/1.1", "UPGRADE: WebSocket", "CONNECTION: upgrade"],
      isUpgrade: true),
    Ask(
      testDescription: "one of several protocols",
      lines: ["GET / HTTP/1.1", "Upgrade: h2c, websocket", "Connection: Upgrade, HTTP2-Settings"],
      isUpgrade: true),
    Ask(
      testDescription: "each in a second field of its name",
      lines: [
        "GET / HTTP/1.1", "Upgrade: h2c", "Connection: keep-alive", "Upgrade: websocket",
        "Connection: Upgrade",
      ],
      isUpgrade: true),
    Ask(testDescription: "no Connection", lines: ["GET / HTTP/1.1", "Upgrade: websocket"], isUpgrade: false),
    Ask(testDescription: "no Upgrade", lines: ["GET / HTTP/1.1", "Connection: Upgrade"], isUpgrade: false),
    Ask(
      testDescription: "another protocol", lines: ["GET / HTTP/1.1", "Upgrade: h2c", "Connection: Upgrade"],
      isUpgrade: false),
    Ask(
      testDescription: "POST", lines: ["POST / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"],
      isUpgrade: false),
    Ask(
      testDescription: "HTTP/2", lines: ["GET / HTTP/2.0", "Upgrade: websocket", "Connection: Upgrade"],
      isUpgrade: false),
  ]

  @Test(arguments: asks)
  func `a GET whose Upgrade and Connection ask for it opens a leg`(_ ask: Ask) {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.lines(ask.lines))
    #expect(Stages.legEvents(of: talk.packets).openings.count == (ask.isUpgrade ? 1 : 0))
  }
}
