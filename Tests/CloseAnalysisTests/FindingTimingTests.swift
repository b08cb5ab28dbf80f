import CloseAnalysis
import TestSupport
import Testing

/// What the times tell: late-teardown, client-gave-up, slow-client.
@Suite struct FindingTimingTests {
  /// What held TCP open is not known, so no setting is asked for.
  @Test func `a delay that no known timer makes asks for a capture`() throws {
    var talk = Conversation()
    talk.upgrade(responseFields: ["server: envoy"])
    talk.send(.server, WebSocketBytes.close(4321))
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.acknowledge(.server)
    talk.time += 8
    talk.finish(.server)
    let finding = try #require(Stages.finding("late-teardown", in: talk.packets))
    #expect(finding.text.contains("a capture behind that proxy tells"))
    #expect(finding.remedy?.summary.contains("capture behind that proxy") == true)
  }

  /// A proper close; the server ends, and the client's leg ends `delay` later.
  static func closed(proxy: String? = "envoy", delay: Double, byClient: Bool = false) -> ProxiedConversation {
    var talk = ProxiedConversation()
    talk.upgrade(proxy: proxy)
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.wait(delay)
    talk.onOuter { $0.finish(byClient ? .client : .server) }
    return talk
  }

  // MARK: late-teardown

  @Test(arguments: [(0.95, true), (1.0, true), (3.0, true), (0.5, false), (0.0, false)] as [(Double, Bool)])
  func `a proxy that holds the client for 0.9 s or more tears down late`(_ delay: Double, isLate: Bool) {
    let finding = Stages.finding("late-teardown", in: Self.closed(delay: delay).packets)
    #expect((finding != nil) == isLate)
    #expect(finding.map { $0.severity == .warning } ?? true)
  }

  @Test func `one second is like Envoy's timer, three are some delay`() throws {
    let one = try #require(Stages.finding("late-teardown", in: Self.closed(delay: 1.0).packets))
    #expect(one.text.contains("the Envoy proxy at 10.9.1.1 held it for 1.00 s"))
    #expect(one.text.contains("consistent with Envoy's delayed_close_timeout"))
    #expect(one.remedy?.paste?.contains("delayed_close_timeout: 0s") == true)
    let five = try #require(Stages.finding("late-teardown", in: Self.closed(delay: 5.0).packets))
    #expect(five.text.contains("consistent with a delayed close"))
    #expect(five.text.contains("Chromium gives up after 2.00 s"))
  }

  @Test func `a client that ends first is part of the finding`() throws {
    let finding = try #require(
      Stages.finding("late-teardown", in: Self.closed(delay: 1.0, byClient: true).packets))
    #expect(finding.text.contains("until the client's side ended it"))
  }

  @Test func `a proxy that was busy sending does not tear down late`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.intoProxy(WebSocketBytes.close(4321), fin: true)
    talk.wait(3)
    talk.onOuter {
      $0.send(.server, WebSocketBytes.close(4321), fin: true)
      $0.acknowledge(.client)
      $0.send(.client, WebSocketBytes.close(4321, from: .client))
    }
    #expect(Stages.finding("late-teardown", in: talk.packets) == nil)
  }

  @Test(arguments: [(2.0, true), (6.0, false)] as [(Double, Bool)])
  func `from in front of a proxy a late end is told, and like Envoy's only if it is`(
    _ delay: Double, isLikeEnvoy: Bool
  ) throws {
    let finding = try #require(Stages.finding("late-teardown", in: Self.closed(delay: delay).outerPackets))
    #expect(finding.text.contains("after both Close frames"))
    #expect(finding.text.contains("consistent with Envoy's") == isLikeEnvoy)
    #expect(finding.text.contains("a capture behind that proxy tells") == !isLikeEnvoy)
  }

  @Test func `an end by an unnamed server that takes its time is not the proxy's`() {
    let talk = Self.closed(proxy: nil, delay: 2)
    #expect(Stages.finding("late-teardown", in: talk.outerPackets) == nil)
  }

  // MARK: client-gave-up

  static let patience: [(delay: Double, program: String?)] = [
    (1.0, "Firefox"), (2.01, "Chromium"), (10.1, "websockets"), (30.0, "node"), (60.2, "OkHttp"), (0.5, nil),
    (1.5, nil),
    (5.0, nil), (0, nil),
  ]

  @Test(arguments: patience)
  func `a client that ends TCP after a known patience gave up`(delay: Double, program: String?) throws {
    var talk = ProxiedConversation()
    talk.upgrade(proxy: nil)
    talk.close()
    talk.wait(delay)
    talk.onOuter { $0.finish(.client) }
    let finding = Stages.finding("client-gave-up", in: talk.outerPackets)
    guard let program else {
      #expect(finding == nil)
      return
    }
    let text = try #require(finding).text
    #expect(text.contains("consistent with the patience of"))
    #expect(text.contains(program))
  }

  @Test func `a client whose server ended first did not give up`() {
    let talk = Self.closed(delay: 2.0)
    #expect(Stages.finding("client-gave-up", in: talk.packets) == nil)
  }

  @Test func `a client that did not answer the Close frame did not give up on TCP`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321))
    talk.acknowledge(.client)
    talk.time += 2
    talk.finish(.client)
    #expect(Stages.finding("client-gave-up", in: talk.packets) == nil)
  }

  // MARK: slow-client

  @Test func `a window that closes is told for information if nothing was lost`() throws {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.stall()
    talk.wait(2)
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let finding = try #require(Stages.finding("slow-client", in: talk.packets))
    #expect(finding.severity == .info)
    #expect(finding.text.contains("closed its receive window once"))
    #expect(finding.text.contains("2.00 s before the end"))
    #expect(finding.remedy == nil)
  }

  @Test func `a window that closes before bytes are dropped is a warning`() throws {
    let packets = FindingDropTests.dropped(stall: true, delay: 1)
    let finding = try #require(Stages.finding("slow-client", in: packets))
    #expect(finding.severity == .warning)
    #expect(finding.remedy != nil)
  }

  @Test func `a client whose window stays open is not slow`() {
    #expect(Stages.finding("slow-client", in: Self.closed(delay: 0).packets) == nil)
  }
}
