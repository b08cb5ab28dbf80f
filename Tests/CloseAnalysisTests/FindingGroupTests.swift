import CloseAnalysis
import TestSupport
import Testing

/// What several sessions show together: idle-timeout, mass-teardown.
@Suite struct FindingGroupTests {
  /// A session that the proxy ends after `silence`.
  static func session(
    _ number: Int, at time: Double, silence: Double, proxy: String? = "nginx"
  ) -> [TestPacket] {
    var talk = ProxiedConversation(number, at: time)
    talk.upgrade(proxy: proxy)
    talk.fromServer(WebSocketBytes.text("hello"))
    talk.wait(silence)
    talk.onInner { $0.finish(.client) }
    talk.onOuter { $0.finish(.server) }
    return talk.packets
  }

  // MARK: idle-timeout

  static let timers: [(silence: Double, proxy: String?, owner: String?)] = [
    (60, "nginx", "nginx"), (60.5, "nginx", "nginx"), (100, "cloudflare", "Cloudflare"),
    (300, "envoy", "Envoy (stream_idle_timeout;"), (301, "envoy", "Envoy (stream_idle_timeout;"),
    (350, nil, "AWS NLB"), (60, nil, "AWS ALB"), (61.5, "nginx", nil), (30, "envoy", nil), (2, "envoy", nil),
  ]

  @Test(arguments: timers)
  func `silence for as long as a known timer is consistent with it`(
    silence: Double, proxy: String?, owner: String?
  ) throws {
    let packets = Self.session(0, at: 0, silence: silence, proxy: proxy)
    let finding = Stages.finding("idle-timeout", in: packets)
    guard let owner else {
      #expect(finding == nil)
      return
    }
    let text = try #require(finding).text
    #expect(text.contains("consistent with an idle timer"))
    #expect(text.contains(owner))
  }

  @Test func `nginx counts what the server sends only`() throws {
    var talk = ProxiedConversation()
    talk.upgrade(proxy: "nginx")
    talk.fromServer(WebSocketBytes.text("hello"))
    for _ in 0..<5 {
      talk.wait(10)
      talk.fromClient(WebSocketBytes.text("still here", from: .client))
    }
    talk.wait(10)
    talk.onInner { $0.finish(.client) }
    talk.onOuter { $0.finish(.server) }
    let finding = try #require(Stages.finding("idle-timeout", in: talk.packets))
    #expect(finding.text.contains("the server had sent nothing for 60.0"))
    #expect(finding.remedy?.paste?.contains("proxy_read_timeout") == true)
  }

  static let proxies: [(name: String?, setting: String)] = [
    ("envoy", "stream_idle_timeout"), ("nginx", "proxy_read_timeout"), ("haproxy", "timeout tunnel"),
    ("awselb/2.0", "idle_timeout.timeout_seconds"), ("cloudflare", "ping()"),
    (nil, "idle_timeout.timeout_seconds"),
  ]

  @Test(arguments: proxies)
  func `the remedy for an idle timer is that of the proxy`(name: String?, setting: String) throws {
    let finding = try #require(
      Stages.finding("idle-timeout", in: Self.session(0, at: 0, silence: 300, proxy: name)))
    #expect(finding.remedy?.paste?.contains(setting) == true)
    #expect(finding.remedy?.summary.contains("Ping") == true)
  }

  @Test func `a client that ends after a known silence is no idle timer`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.wait(60)
    talk.onOuter { $0.finish(.client) }
    talk.onInner { $0.finish(.client) }
    #expect(Stages.sessions(of: talk.packets)[0].rules == ["client-left"])
  }

  @Test func `equal silence of three sessions that end at different moments is consistent with a timer`() {
    let packets = (0..<3).map { Self.session($0, at: Double($0) * 5, silence: 7 + 0.02 * Double($0)) }
    let sessions = Stages.sessions(of: TestPacket.merged(packets))
    #expect(sessions.count == 3)
    for session in sessions {
      #expect(
        session.finding("idle-timeout")?.text.contains("3 sessions that it ended had been silent for 7.0")
          == true)
    }
  }

  @Test func `equal silence of two sessions is not enough`() {
    let packets = (0..<2).map { Self.session($0, at: Double($0) * 5, silence: 7) }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.finding("idle-timeout") == nil })
  }

  @Test func `sessions of unequal silence have no timer in common`() {
    let packets = (0..<4).map { Self.session($0, at: Double($0) * 5, silence: 7 + Double($0)) }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.finding("idle-timeout") == nil })
  }

  @Test func `a few equal ones among many different ones are chance`() {
    var packets = (0..<10).map { Self.session($0, at: Double($0) * 20, silence: 3 + Double($0)) }
    packets += (10..<13).map { Self.session($0, at: Double($0) * 20, silence: 15) }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.finding("idle-timeout") == nil })
  }

  // MARK: mass-teardown

  /// Sessions that the proxy ends `gap` after each other, each begun at a different time.
  static func burst(_ count: Int, gap: Double, proxy: String? = "envoy") -> [Session] {
    let packets = (0..<count).map { number in
      Self.session(
        number, at: Double(number) * 3, silence: 100 - Double(number) * (3 - gap), proxy: proxy)
    }
    return Stages.sessions(of: TestPacket.merged(packets))
  }

  @Test func `five sessions that a proxy ends at once are a mass teardown`() throws {
    let sessions = Self.burst(5, gap: 0.001)
    #expect(sessions.count == 5)
    for session in sessions {
      let finding = try #require(session.finding("mass-teardown"))
      #expect(finding.severity == .error)
      #expect(finding.text.hasPrefix("The Envoy proxy at 10.9.1.1 ended 5 WebSockets within"))
      #expect(finding.text.contains("a restart, a drain or a killed process"))
      #expect(!finding.text.contains("idle timer"))
      #expect(finding.remedy?.paste?.contains("terminationDrainDuration") == true)
    }
  }

  @Test func `four sessions that end at once are no mass`() {
    #expect(Self.burst(4, gap: 0.001).allSatisfy { $0.finding("mass-teardown") == nil })
  }

  @Test func `sessions that end one after the other are no mass teardown`() {
    #expect(Self.burst(8, gap: 0.2).allSatisfy { $0.finding("mass-teardown") == nil })
  }

  @Test func `five of many sessions that a busy proxy ends at once are no mass teardown`() {
    var packets = (0..<5).map { Self.session($0, at: Double($0) * 0.001, silence: 10) }
    packets += (5..<25).map { Self.session($0, at: Double($0) * 0.001, silence: Double($0) * 9) }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.finding("mass-teardown") == nil })
  }

  @Test func `sessions that end at once after equal silence may have had an idle timer`() throws {
    let packets = (0..<6).map { Self.session($0, at: Double($0) * 0.001, silence: 10) }
    for session in Stages.sessions(of: TestPacket.merged(packets)) {
      let finding = try #require(session.finding("mass-teardown"))
      #expect(finding.text.contains("all had been silent for 10.0"))
      #expect(finding.text.contains("an idle timer fits as well"))
      #expect(session.finding("idle-timeout") == nil)
    }
  }

  @Test func `sessions that were closed properly are no mass teardown`() {
    let packets = (0..<6).map { number in
      var talk = ProxiedConversation(number, at: Double(number) * 0.001)
      talk.upgrade()
      talk.close()
      talk.onInner { $0.finish(.server) }
      talk.onOuter { $0.finish(.server) }
      return talk.packets
    }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.rules == [] })
  }

  @Test func `clients that leave at once are no mass teardown`() {
    let packets = (0..<6).map { number in
      var talk = ProxiedConversation(number, at: Double(number) * 0.001)
      talk.upgrade()
      talk.onOuter { $0.finish(.client) }
      talk.onInner { $0.finish(.client) }
      return talk.packets
    }
    #expect(Stages.sessions(of: TestPacket.merged(packets)).allSatisfy { $0.rules == ["client-left"] })
  }
}
