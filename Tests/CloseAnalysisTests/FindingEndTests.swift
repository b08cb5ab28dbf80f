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
