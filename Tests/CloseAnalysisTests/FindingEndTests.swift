import CloseAnalysis
import Streams
import TestSupport
import Testing

/// Who ended a WebSocket without a Close frame: no-close-from-server, no-close-from-proxy, client-left,
/// upgrade-refused.
@Suite struct FindingEndTests {
  /// A message, silence, and then the ends that `body` makes.
  static func ended(
    proxy: String? = "envoy", behind: String? = nil, requestFields: [String] = [],
    _ body: (inout ProxiedConversation) -> Void
  ) -> ProxiedConversation {
    var talk = ProxiedConversation()
    talk.upgrade(proxy: proxy, behind: behind, requestFields: requestFields)
    talk.fromServer(WebSocketBytes.text("hello"))
    talk.wait(7)
    body(&talk)
    return talk
  }

  /// The server ends, and the proxy a second later.
  static func byServer(reset: Bool = false) -> (inout ProxiedConversation) -> Void {
    { talk in
      talk.onInner { if reset { $0.rst(.server) } else { $0.finish(.server) } }
      talk.wait(1)
      talk.onOuter { $0.finish(.server) }
    }
  }

  // MARK: no-close-from-server

  @Test(arguments: [false, true])
  func `a server that ends first without a Close frame is told`(reset: Bool) throws {
    let packets = Self.ended(Self.byServer(reset: reset)).packets
    let session = Stages.sessions(of: packets)[0]
    #expect(session.rules == ["no-close-from-server"])
    let finding = session.findings[0]
    #expect(finding.severity == .error)
    #expect(finding.text.contains(reset ? "with RST" : "with FIN"))
    #expect(finding.text.contains("SO_LINGER") == reset)
    #expect(finding.text.contains("consistent with a process that exits or crashes"))
    #expect(finding.remedy?.paste?.contains("close(1001") == true)
  }

  @Test func `a server behind a proxy that names itself is not blamed`() throws {
    let packets = Self.ended(behind: "envoy", Self.byServer()).packets
    let session = Stages.sessions(of: packets)[0]
    #expect(session.rules == ["no-close-from-proxy"])
    #expect(session.findings[0].severity == .warning)
    #expect(session.findings[0].text.contains("Whether it or the server behind it ended first"))
    #expect(!session.findings[0].text.lowercased().contains("the server (10"))
  }

  @Test func `a server on another machine may be a proxy without a name`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.finish(.server)
    let finding = try #require(Stages.finding("no-close-from-server", in: talk.packets))
    #expect(finding.text.contains("A proxy that does not name itself in the 101 looks the same"))
    let local = try #require(Stages.finding("no-close-from-server", in: Self.ended(Self.byServer()).packets))
    #expect(!local.text.contains("looks the same"))
  }

  @Test func `a server that ends without answering a Close frame is told with the time that it took`() throws
  {
    let talk = Self.ended {
      $0.fromClient(WebSocketBytes.close(1000, from: .client))
      $0.wait(3)
      Self.byServer()(&$0)
    }
    let finding = try #require(Stages.finding("no-close-from-server", in: talk.packets))
    #expect(finding.text.contains("3.00 s after the client's Close frame"))
    #expect(finding.remedy?.summary.contains("answer a Close frame") == true)
  }

  @Test func `a server that ends in the middle of its Close frame sent half of one`() throws {
    let talk = Self.ended {
      $0.fromServer(Array(WebSocketBytes.close(4321, "test").prefix(4)))
      Self.byServer()(&$0)
    }
    let session = Stages.sessions(of: talk.packets)[0]
    let text = "only the first 4 of 8 bytes of a Close frame (4321) came before the end"
    #expect(session.answer.contains(text))
    let finding = try #require(session.finding("no-close-from-server"))
    #expect(finding.text.contains(text))
    #expect(!finding.text.contains("had sent no Close frame"))
  }

  @Test func `the answer names who ended first, and who passed it on`() {
    let answer = Stages.sessions(of: Self.ended(Self.byServer()).packets)[0].answer
    #expect(answer.contains("the server ended its connection first, with FIN, and the proxy passed that on"))
    #expect(answer.contains("1.00 s later"))
  }

  @Test func `a server that sent a Close frame is not reported for sending none`() {
    let talk = Self.ended {
      $0.close()
      Self.byServer()(&$0)
    }
    #expect(Stages.finding("no-close-from-server", in: talk.packets) == nil)
  }

  // MARK: no-close-from-proxy

  /// The proxy ends its upstream and, `delay` later, the client.
  static func byProxy(delay: Double, reset: Bool = false) -> (inout ProxiedConversation) -> Void {
    { talk in
      talk.onInner { if reset { $0.rst(.client) } else { $0.finish(.client) } }
      talk.wait(delay)
      talk.onOuter { $0.finish(.server) }
    }
  }

  static let shapes: [(proxy: String?, delay: Double, reset: Bool, reading: String)] = [
    ("envoy", 1.0, false, "stream_idle_timeout or max_stream_duration"),
    ("envoy", 0.0, false, "an Envoy that was stopped"),
    ("haproxy", 0.0, true, "HAProxy's timeout tunnel"),
    ("nginx", 0.0, false, "an idle timer, a maximum duration, a drain or a restart"),
    (nil, 0.0, false, "an idle timer, a maximum duration, a drain or a restart"),
  ]

  @Test(arguments: shapes)
  func `a proxy that ends both sides is told, and what its way of ending is consistent with`(
    proxy: String?, delay: Double, reset: Bool, reading: String
  ) throws {
    let talk = Self.ended(proxy: proxy, Self.byProxy(delay: delay, reset: reset))
    let finding = try #require(Stages.finding("no-close-from-proxy", in: talk.packets))
    #expect(finding.severity == .error)
    #expect(finding.text.contains("ended both of its connections"))
    #expect(finding.text.contains("after 7.00 s of silence"))
    #expect(finding.text.contains("consistent with \(reading)") || finding.text.contains(reading))
    #expect(finding.packets.count == 2)
  }

  /// Nobody is cut off for being silent who has just said something.
  @Test func `a busy WebSocket that Envoy's timer ends has lived too long`() throws {
    var talk = ProxiedConversation()
    talk.upgrade()
    for _ in 0..<5 {
      talk.fromServer(WebSocketBytes.text("tick"))
      talk.wait(0.2)
    }
    Self.byProxy(delay: 1)(&talk)
    let finding = try #require(Stages.finding("no-close-from-proxy", in: talk.packets))
    #expect(finding.text.contains("max_stream_duration"))
    #expect(!finding.text.contains("stream_idle_timeout"))
    #expect(finding.remedy?.paste?.contains("max_stream_duration: 0s") == true)
  }

  @Test func `a remedy for an idle timer asks for Pings within the silence that was measured`() throws {
    let talk = Self.ended(Self.byProxy(delay: 1))
    let remedy = try #require(Stages.finding("no-close-from-proxy", in: talk.packets)?.remedy)
    #expect(remedy.summary.contains("every 3 s"))
    #expect(!remedy.summary.contains("30 s"))
    // Istio has this off: a value would cut every silent stream of the mesh.
    #expect(remedy.paste?.contains("stream_idle_timeout: 0s") == true)
  }

  /// A proxy's FIN that nobody answers has told the client nothing.
  @Test func `an end that the client never acknowledged is told, and nothing is predicted`() throws {
    let talk = Self.ended {
      $0.onInner { $0.finish(.client) }
      $0.wait(1)
      $0.onOuter { $0.fin(.server) }
    }
    let session = Stages.sessions(of: talk.packets)[0]
    let finding = try #require(session.finding("no-close-from-proxy"))
    #expect(finding.text.contains("never acknowledged that end"))
    #expect(session.clientSees == [])
  }

  @Test func `a proxy that passes on its server's end is not blamed`() {
    let talk = Self.ended(Self.byServer())
    #expect(Stages.finding("no-close-from-proxy", in: talk.packets) == nil)
  }

  @Test func `a proxy seen from in front leaves open who ended`() throws {
    let talk = Self.ended(Self.byProxy(delay: 1))
    let finding = try #require(Stages.finding("no-close-from-proxy", in: talk.outerPackets))
    #expect(finding.severity == .warning)
    #expect(finding.text.contains("a capture behind it tells"))
  }

  // MARK: client-left

  @Test func `a client that ends first is told, for information`() throws {
    let talk = Self.ended {
      $0.onOuter { $0.finish(.client) }
      $0.onInner { $0.finish(.client) }
    }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["client-left"])
    #expect(session.findings[0].severity == .info)
    #expect(session.findings[0].text.contains("sent no Close frame"))
    #expect(session.findings[0].remedy == nil)
  }

  @Test func `a proxy in the client's place may have ended by itself`() throws {
    let talk = Self.ended(requestFields: ["x-forwarded-for: 192.0.2.1"]) {
      $0.onOuter { $0.finish(.client) }
      $0.onInner { $0.finish(.client) }
    }
    let finding = try #require(Stages.finding("client-left", in: talk.packets))
    #expect(finding.text.hasPrefix("The proxy at 10.9.1.2"))
    #expect(finding.text.contains("a timer or a restart of that proxy"))
  }

  @Test func `a client that says goodbye and does not wait has left`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, WebSocketBytes.close(1001, from: .client))
    talk.fin(.client)
    talk.fin(.server)
    let finding = try #require(Stages.finding("client-left", in: talk.packets))
    #expect(finding.text.contains("0.1 ms after its Close frame 1001 and without an answer"))
  }

  /// As Chromium does when it quits: the server's answer meets a RST.
  @Test func `an answer that comes when the client has gone came too late`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, WebSocketBytes.close(1001, from: .client))
    talk.fin(.client)
    talk.send(.server, WebSocketBytes.close(1001))
    talk.rst(.client, acknowledging: false)
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["client-left"])
    let text = try #require(session.findings.first).text
    #expect(text.contains("after its Close frame 1001"))
    #expect(text.contains("The answer was sent") && text.contains("too late to matter"))
    #expect(session.answer.contains("had ended the connection with FIN before the frame came"))
  }

  /// The server's Close frame and FIN come 2 ms after the client has gone.
  @Test(arguments: [false, true])
  func `a client that ends before the server's Close frame has left`(takesIt: Bool) throws {
    var talk = Conversation()
    talk.upgrade()
    talk.fin(.client)
    talk.time += 0.002
    talk.send(.server, WebSocketBytes.close(4321), fin: true)
    if takesIt { talk.acknowledge(.client) } else { talk.rst(.client, acknowledging: false) }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["client-left"])
    let text = try #require(session.findings.first).text
    #expect(text.contains("The server's Close frame was sent 2.1 ms later"))
    if takesIt { #expect(session.answer.contains("after the client had ended its side of the connection")) }
  }

  @Test func `a client that ends after the Close frames has not left`() {
    let talk = Self.ended {
      $0.close()
      $0.onOuter { $0.finish(.client) }
      $0.onInner { $0.finish(.client) }
    }
    #expect(Stages.sessions(of: talk.packets)[0].rules == [])
  }

  // MARK: upgrade-refused

  static let refusals: [(status: String, remedy: String)] = [
    ("403 Forbidden", "upgrade_configs"), ("401 Unauthorized", "credentials"), ("404 Not Found", "path"),
    ("400 Bad Request", "Sec-WebSocket-Version"), ("302 Found", "redirect"),
    ("503 Service Unavailable", "logs"),
  ]

  @Test(arguments: refusals)
  func `an answer other than 101 is a refused upgrade`(status: String, remedy: String) throws {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 \(status)", "Content-Length: 0"]))
    talk.finish(.client)
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["upgrade-refused"])
    #expect(session.findings[0].text.contains("answered the upgrade with \(status)"))
    #expect(session.findings[0].remedy?.summary.contains(remedy) == true)
  }

  static let answers: [(behind: String?, front: String, text: String)] = [
    ("503 Busy", "503 Busy", "the server (10.9.2.2:9900) answered the upgrade with 503 Busy"),
    (nil, "503 Service Unavailable", "the Envoy proxy at 10.9.1.1 answered the upgrade with 503"),
    ("500 Oops", "502 Bad Gateway", "the Envoy proxy at 10.9.1.1 answered the upgrade with 502"),
  ]

  /// A server that ends without an answer has refused nothing: the proxy has.
  @Test(arguments: answers)
  func `a refusal is of the party that made it`(behind: String?, front: String, text: String) {
    var talk = ProxiedConversation()
    let request = WebSocketBytes.request()
    talk.onOuter {
      $0.open()
      $0.send(.client, request)
    }
    talk.onInner {
      $0.open()
      $0.send(.client, request)
      if let behind { $0.send(.server, WebSocketBytes.lines(["HTTP/1.1 \(behind)", "Content-Length: 0"])) }
      $0.finish(.server)
    }
    talk.onOuter {
      $0.send(.server, WebSocketBytes.lines(["HTTP/1.1 \(front)", "server: envoy", "Content-Length: 0"]))
      $0.finish(.client)
    }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.legs.count == 2)
    #expect(session.answer.contains(text))
    #expect(session.finding("upgrade-refused")?.text.lowercased().contains(text.lowercased()) == true)
    // What lies behind a proxy that names itself is not captured.
    let outer = Stages.sessions(of: talk.outerPackets)[0]
    #expect(outer.answer.contains("answered, or passed on the answer to, the upgrade"))
  }

  @Test func `a connection that ends before the answer is a refused upgrade`() throws {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.acknowledge(.server)
    talk.time += 5
    talk.finish(.server)
    let finding = try #require(Stages.finding("upgrade-refused", in: talk.packets))
    #expect(finding.text.contains("was not answered before the server's side ended"))
    #expect(finding.text.contains("5.00 s later"))
  }

  @Test func `a 101 is no refused upgrade`() {
    let talk = Self.ended(Self.byServer())
    #expect(Stages.finding("upgrade-refused", in: talk.packets) == nil)
  }
}
