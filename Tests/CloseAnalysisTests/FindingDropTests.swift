import CloseAnalysis
import TestSupport
import Testing

/// What a proxy did not send on: delayed-close-drop, close-not-forwarded, proxy-cut-stream.
@Suite struct FindingDropTests {
  static let message = WebSocketBytes.frame(.binary, Array(repeating: 7, count: 1000))

  /// The server sends two messages and a Close frame and ends; the proxy has sent one and a half messages when
  /// it ends the client's connection.
  static func dropped(
    proxy: String? = "envoy", stall: Bool, delay: Double, clientFirst: Bool = false, serverRST: Bool = false,
    proxyFirst: Bool = false
  ) -> [TestPacket] {
    var talk = ProxiedConversation()
    talk.upgrade(proxy: proxy)
    talk.fromServer(Self.message)
    if stall { talk.stall() }
    talk.intoProxy(Self.message + WebSocketBytes.close(4321, "test"))
    talk.onOuter { $0.send(.server, Array(Self.message.prefix(500))) }
    if proxyFirst {
      talk.onInner { $0.finish(.client) }
    } else {
      talk.onInner { if serverRST { $0.rst(.server) } else { $0.finish(.server) } }
    }
    talk.wait(delay)
    talk.onOuter { $0.finish(clientFirst ? .client : .server) }
    return talk.packets
  }

  // MARK: delayed-close-drop

  static let drops = [
    (stall: true, delay: 1.0), (stall: true, delay: 0.01), (stall: true, delay: 4.0),
    (stall: false, delay: 0.95),
    (stall: false, delay: 3.0),
  ]

  @Test(arguments: drops)
  func `bytes that a proxy dropped after its upstream's end, at a stall or late, are a delayed close`(
    stall: Bool, delay: Double
  ) throws {
    let finding = try #require(
      Stages.finding("delayed-close-drop", in: Self.dropped(stall: stall, delay: delay)))
    #expect(finding.severity == .error)
    #expect(finding.text.contains("512 of 2,016 bytes"))
    #expect(finding.text.contains("closed its receive window once") == stall)
    #expect(finding.text.contains("delayed_close_timeout (1.0 s by default)"))
    #expect(finding.remedy?.paste?.contains("delayed_close_timeout: 0s") == true)
    #expect(finding.packets.count == (stall ? 3 : 2))
  }

  @Test func `a drop at once and without a stall is no delayed close`() {
    #expect(Stages.finding("delayed-close-drop", in: Self.dropped(stall: false, delay: 0.2)) == nil)
  }

  @Test func `a drop after the client left is no delayed close`() {
    let packets = Self.dropped(stall: true, delay: 2, clientFirst: true)
    #expect(Stages.finding("delayed-close-drop", in: packets) == nil)
  }

  @Test func `a drop by a proxy that ended its upstream itself is no delayed close`() {
    let packets = Self.dropped(stall: true, delay: 2, proxyFirst: true)
    #expect(Stages.finding("delayed-close-drop", in: packets) == nil)
  }

  @Test func `a stalled client that gets everything is no delayed close`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.stall()
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.wait(3)
    talk.onOuter { $0.finish(.server) }
    #expect(Stages.finding("delayed-close-drop", in: talk.packets) == nil)
  }

  static let proxies: [(name: String?, setting: String)] = [
    ("envoy", "delayed_close_timeout"), ("istio-envoy", "delayed_close_timeout"),
    ("nginx/1.22.1", "send_timeout"),
    ("haproxy", "timeout client-fin"), (nil, "if the proxy is Envoy"),
  ]

  @Test(arguments: proxies)
  func `the remedy for a drop is that of the proxy`(name: String?, setting: String) throws {
    let finding = try #require(
      Stages.finding("delayed-close-drop", in: Self.dropped(proxy: name, stall: true, delay: 1)))
    #expect(finding.remedy?.summary.contains(setting) == true)
    #expect(finding.text.contains("consistent with"))
  }

  // MARK: close-not-forwarded

  @Test func `a Close frame that went into a proxy and not out of it was not forwarded`() throws {
    let finding = try #require(
      Stages.finding("close-not-forwarded", in: Self.dropped(stall: false, delay: 0.2)))
    #expect(finding.severity == .error)
    #expect(finding.text.contains("1,504 of 2,016 bytes were forwarded, 512 were not"))
    #expect(finding.packets.count == 2)
    #expect(finding.remedy != nil)
  }

  @Test func `a Close frame that came when the client had left is nobody's fault`() throws {
    let packets = Self.dropped(stall: false, delay: 0.2, clientFirst: true)
    let finding = try #require(Stages.finding("close-not-forwarded", in: packets))
    #expect(finding.severity == .info)
    #expect(finding.text.contains("The client's side ended the connection"))
    #expect(finding.remedy == nil)
  }

  @Test func `a Close frame behind which the server reset is lost by the reset`() throws {
    let packets = Self.dropped(stall: false, delay: 0.2, serverRST: true)
    let finding = try #require(Stages.finding("close-not-forwarded", in: packets))
    #expect(finding.text.contains("its upstream ended with RST"))
    #expect(finding.remedy?.summary.contains("SO_LINGER") == true)
  }

  @Test func `a Close frame that was forwarded is not reported`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    #expect(Stages.sessions(of: talk.packets)[0].rules == [])
  }

  // MARK: proxy-cut-stream

  @Test func `a proxy that ends inside a frame with bytes left cut the stream`() throws {
    let finding = try #require(
      Stages.finding("proxy-cut-stream", in: Self.dropped(stall: false, delay: 0.2)))
    #expect(finding.severity == .error)
    #expect(finding.text.contains("in the middle of a frame, 500 bytes from its beginning"))
    #expect(finding.text.contains("512 of 2,016 bytes not forwarded"))
  }

  @Test func `a client that leaves is not cut off by the proxy`() {
    let packets = Self.dropped(stall: false, delay: 0.2, clientFirst: true)
    #expect(Stages.finding("proxy-cut-stream", in: packets) == nil)
  }

  @Test func `half a frame from the server that is passed on as it is was not cut by the proxy`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(Array(Self.message.prefix(300)))
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["no-close-from-server"])
    #expect(session.findings[0].text.contains("in the middle of a frame, 300 bytes from its beginning"))
  }

  @Test func `a cut frame in front of a proxy leaves open who cut it`() throws {
    var talk = Conversation()
    talk.upgrade(responseFields: ["server: envoy"])
    talk.send(.server, Array(Self.message.prefix(300)), fin: true)
    let finding = try #require(Stages.finding("proxy-cut-stream", in: talk.packets))
    #expect(finding.text.contains("or had got no more itself"))
    #expect(finding.remedy?.summary.contains("capture behind") == true)
  }

  // MARK: Where it was lost

  /// client → gateway → sidecar → server, and the sidecar drops the Close frame.
  @Test func `bytes are counted at the proxy that dropped them`() throws {
    let key = WebSocketBytes.key
    func leg(_ client: String, _ server: String, _ isn: UInt32) -> Conversation {
      Conversation(client: client, server: server, clientISN: isn, serverISN: isn &+ 50_000)
    }
    var legs = [
      leg("10.9.1.2:40000", "10.9.1.1:80", 1), leg("10.9.2.1:41000", "10.9.2.2:9900", 200_000),
      leg("127.0.0.6:42000", "10.9.2.2:9900", 400_000),
    ]
    var time = 0.0
    func on(_ index: Int, _ body: (inout Conversation) -> Void) {
      legs[index].time = time
      body(&legs[index])
      time = legs[index].time
    }
    for index in 0..<3 {
      on(index) {
        $0.open()
        $0.send(.client, WebSocketBytes.request(key: key))
      }
    }
    for index in (0..<3).reversed() {
      let name = index < 2 ? ["server: envoy"] : []
      on(index) {
        $0.send(.server, WebSocketBytes.response(key: key, extraFields: name))
        $0.acknowledge(.client)
      }
    }
    for index in (0..<3).reversed() {
      on(index) {
        $0.send(.server, Self.message)
        $0.acknowledge(.client)
      }
    }
    on(2) {
      $0.send(.server, WebSocketBytes.close(4321, "test"))
      $0.acknowledge(.client)
      $0.finish(.server)
    }
    time += 2
    on(1) { $0.finish(.server) }
    time += 1
    on(0) { $0.finish(.server) }
    let sessions = Stages.sessions(of: TestPacket.merged(legs.map(\.packets)))
    let session = try #require(sessions.first)
    #expect(session.legs.count == 3)
    #expect(session.verdict == .lost)
    let forwarding = try #require(session.forwarding)
    #expect(forwarding.leg == 1)
    #expect(forwarding.received == 1012)
    #expect(forwarding.forwarded == 1004)
    #expect(
      session.answer.contains("the proxy at 10.9.2.2 ended its client's connection at byte 1,004 of 1,012"))
  }

  // MARK: What came too late to be forwarded

  /// The proxy has ended both sides; the server's next message meets a closed socket.
  @Test(arguments: [false, true])
  func `bytes that come when the proxy has ended are not its to forward`(endsClientFirst: Bool) {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(Self.message)
    if endsClientFirst {
      talk.onOuter { $0.finish(.server) }
      talk.onInner { $0.fin(.client) }
    } else {
      talk.onInner { $0.fin(.client) }
      talk.onOuter { $0.finish(.server) }
    }
    talk.onInner {
      $0.send(.server, Self.message)
      $0.rst(.client, acknowledging: false)
    }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.legs.count == 2)
    #expect(session.forwarding?.dropped == 0)
    #expect(session.finding("proxy-cut-stream") == nil)
    #expect(session.finding("no-close-from-proxy") != nil)
    #expect(!session.timeline.contains { $0.detail.contains("short") })
  }

  /// A timer of a second fires after a second.
  @Test(arguments: [0.002, 1.0])
  func `a proxy that drops at once was not waiting for a timer`(delay: Double) throws {
    let session = Stages.sessions(of: Self.dropped(stall: false, delay: delay))[0]
    for rule in ["close-not-forwarded", "proxy-cut-stream"] {
      let remedy = try #require(session.finding(rule)?.remedy)
      #expect(remedy.summary.contains("delayed_close_timeout") == (delay >= 0.9), "\(rule)")
      #expect(remedy.summary.contains("look for a restart") == (delay < 0.9), "\(rule)")
    }
  }
}
