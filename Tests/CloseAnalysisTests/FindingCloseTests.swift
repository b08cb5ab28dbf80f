import CloseAnalysis
import Streams
import TestSupport
import Testing
import WSDecode

/// The Close frame itself and what is right behind it: invalid-close, code-changed, server-did-not-wait,
/// rst-after-close, close-unacknowledged.
@Suite struct FindingCloseTests {
  /// The server sends `bytes`, the client acknowledges and, if wanted, replies; then `end`.
  static func closed(
    _ bytes: [UInt8], reply: Bool = true, _ end: (inout Conversation) -> Void = { $0.finish(.server) }
  ) -> [TestPacket] {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, bytes)
    talk.acknowledge(.client)
    if reply { talk.send(.client, WebSocketBytes.close(1000, from: .client)) }
    end(&talk)
    return talk.packets
  }

  // MARK: invalid-close

  static let invalid: [(bytes: [UInt8], fault: String)] = [
    ([0x88, 1, 0x10], "a body of 1 byte"), (WebSocketBytes.close(1005), "carries 1005"),
    (WebSocketBytes.close(1006, "x"), "carries 1006"), (WebSocketBytes.close(0), "carries 0"),
    (WebSocketBytes.close(5000), "carries 5000"),
    (WebSocketBytes.frame(.close, [0x10, 0xe1, 0xff]), "not UTF-8"),
    (WebSocketBytes.frame(.close, [0x10, 0xe1], isFinal: false), "no FIN bit"),
    (WebSocketBytes.frame(.close, [0x10, 0xe1], reserved: 4), "a reserved bit"),
    (WebSocketBytes.frame(.close, [0x10, 0xe1] + Array(repeating: 120, count: 124)), "126 bytes"),
    (WebSocketBytes.frame(.close, [0x10, 0xe1], mask: 0x1234_5678), "is masked"),
    (WebSocketBytes.close(4321) + WebSocketBytes.text("more"), "followed by another frame"),
    (WebSocketBytes.close(4321) + WebSocketBytes.close(4322), "followed by a second Close frame"),
  ]

  @Test(arguments: invalid)
  func `a Close frame that breaks the protocol is told with its fault`(bytes: [UInt8], fault: String) throws {
    let finding = try #require(Stages.finding("invalid-close", in: Self.closed(bytes)))
    #expect(finding.severity == .error)
    #expect(finding.text.contains(fault))
    #expect(finding.text.contains("Chromium"))
    #expect(finding.remedy?.summary.contains("123 bytes") == true)
  }

  static let valid: [[UInt8]] = [
    WebSocketBytes.close(nil), WebSocketBytes.close(1000), WebSocketBytes.close(3000, "é"),
    WebSocketBytes.close(4321, String(repeating: "y", count: 123)), WebSocketBytes.close(1014),
    WebSocketBytes.close(4321) + WebSocketBytes.frame(.pong, []),
  ]

  @Test(arguments: valid)
  func `a Close frame that keeps to the protocol is not reported`(bytes: [UInt8]) {
    #expect(Stages.finding("invalid-close", in: Self.closed(bytes)) == nil)
  }

  @Test func `a client's invalid Close frame is a warning`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, WebSocketBytes.close(1006, from: .client))
    talk.send(.server, WebSocketBytes.close(1002))
    talk.finish(.server)
    let finding = try #require(Stages.finding("invalid-close", in: talk.packets))
    #expect(finding.severity == .warning)
    #expect(finding.text.hasPrefix("The client's Close frame carries 1006"))
  }

  // MARK: code-changed

  @Test(arguments: [(4321, 1011, true), (4321, 4321, false)] as [(UInt16, UInt16, Bool)])
  func `a code that differs between the legs was changed`(_ sent: UInt16, _ passedOn: UInt16, isChanged: Bool)
  {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.intoProxy(WebSocketBytes.close(sent))
    talk.onOuter {
      $0.send(.server, WebSocketBytes.close(passedOn))
      $0.acknowledge(.client)
    }
    talk.fromClient(WebSocketBytes.close(1000, from: .client))
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let finding = Stages.finding("code-changed", in: talk.packets)
    #expect((finding != nil) == isChanged)
    if let finding {
      #expect(finding.text.contains("carries 4321 on 127.0.0.6:40000 → 10.9.2.2:9900"))
      #expect(finding.text.contains("and 1011 on 10.9.1.2:40000 → 10.9.1.1:80"))
      #expect(finding.packets.count == 2)
    }
  }

  /// What rewrites a Close frame does not pass bytes on as they are: they cannot be counted.
  @Test func `a Close frame that a proxy wrote anew cut nothing off`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.intoProxy(WebSocketBytes.close(4321, "a long reason"))
    talk.onOuter {
      $0.send(.server, WebSocketBytes.close(1001))
      $0.acknowledge(.client)
    }
    talk.fromClient(WebSocketBytes.close(1001, from: .client))
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.rules == ["code-changed"])
    #expect(session.forwarding == nil)
    #expect(session.answer.contains("not as the server sent it: 1001 instead of 4321"))
    #expect(!session.timeline.contains { $0.detail.contains("short") })
  }

  /// Two Close frames of a server; the capture of one leg begins between them.
  @Test func `a Close frame that a late capture missed was not changed`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(WebSocketBytes.text("one") + WebSocketBytes.text("two") + WebSocketBytes.close(4321))
    talk.fromServer(WebSocketBytes.close(4000, "a second one"))
    talk.fromClient(WebSocketBytes.close(4321, "answer", mask: 0x1357_9bdf))
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let begin = talk.inner.packets.firstIndex { $0.payload.suffix(12) == Array("a second one".utf8) }
    let late = talk.inner.packets[(begin ?? 0)...]
    let sessions = Stages.sessions(of: TestPacket.merged([talk.outerPackets, Array(late)]))
    #expect(sessions[0].legs.count == 2)
    #expect(sessions[0].finding("code-changed") == nil)
  }

  // MARK: server-did-not-wait

  static let waits = [(delay: 0.0, isTold: true), (delay: 0.15, isTold: true), (delay: 0.5, isTold: false)]

  @Test(arguments: waits)
  func `a FIN right behind the Close frame and before a reply is a server that did not wait`(
    delay: Double, isTold: Bool
  ) {
    let packets = Self.closed(WebSocketBytes.close(4321), reply: false) {
      $0.time += delay
      $0.finish(.server)
    }
    let finding = Stages.finding("server-did-not-wait", in: packets)
    #expect((finding != nil) == isTold)
    #expect(finding.map { $0.severity == .warning && $0.text.contains("wasClean false") } ?? true)
  }

  @Test func `a FIN on the Close frame's own packet is told as one packet`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321), fin: true)
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.fin(.client)
    let finding = try #require(Stages.finding("server-did-not-wait", in: talk.packets))
    #expect(finding.text.contains("in the same packet (packet 7)"))
  }

  @Test func `a server that did not wait did no harm if a proxy held its end back`() throws {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.onInner { $0.send(.server, WebSocketBytes.close(4321), fin: true) }
    talk.onOuter {
      $0.send(.server, WebSocketBytes.close(4321))
      $0.acknowledge(.client)
      $0.send(.client, WebSocketBytes.close(4321, from: .client))
      $0.acknowledge(.server)
    }
    talk.onInner { $0.fin(.client) }
    talk.wait(1)
    talk.onOuter { $0.finish(.server) }
    let finding = try #require(Stages.finding("server-did-not-wait", in: talk.packets))
    #expect(finding.severity == .info)
    #expect(finding.remedy == nil)
  }

  @Test func `a client that never got the Close frame did not miss the wait`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.onInner { $0.send(.server, WebSocketBytes.close(4321), fin: true) }
    talk.wait(1)
    talk.onOuter { $0.finish(.server) }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.verdict == .lost)
    #expect(session.finding("server-did-not-wait") == nil)
  }

  @Test func `a server that answers the client's Close frame need not wait`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, WebSocketBytes.close(1000, from: .client))
    talk.send(.server, WebSocketBytes.close(1000), fin: true)
    talk.acknowledge(.client)
    talk.fin(.client)
    #expect(Stages.finding("server-did-not-wait", in: talk.packets) == nil)
  }

  @Test func `a server whose client was not captured is not told to have waited for nothing`() {
    let packets = Self.closed(WebSocketBytes.close(4321)).filter {
      $0.segment.source != Conversation().client || $0.segment.flags.contains(.syn)
    }
    #expect(Stages.finding("server-did-not-wait", in: TestPacket.numbered(packets)) == nil)
  }

  // MARK: rst-after-close

  static let resets = [(delay: 0.0, isTold: true), (delay: 0.05, isTold: true), (delay: 5.0, isTold: false)]

  @Test(arguments: resets)
  func `a RST within a round trip behind the Close frame is a risk`(delay: Double, isTold: Bool) {
    let packets = Self.closed(WebSocketBytes.close(4321), reply: false) {
      $0.time += delay
      $0.rst(.server)
    }
    let finding = Stages.finding("rst-after-close", in: packets)
    #expect((finding != nil) == isTold)
    #expect(finding.map { $0.text.contains("Windows is believed to discard it") } ?? true)
  }

  @Test func `a RST behind the client's reply is none`() {
    let packets = Self.closed(WebSocketBytes.close(4321)) { $0.rst(.server) }
    #expect(Stages.finding("rst-after-close", in: packets) == nil)
  }

  @Test func `a RST behind the sender's own FIN is none`() {
    let packets = Self.closed(WebSocketBytes.close(4321), reply: false) {
      $0.fin(.server)
      $0.rst(.server)
    }
    #expect(Stages.finding("rst-after-close", in: packets) == nil)
  }

  @Test func `a RST does no harm if the proxy has sent the frame on`() throws {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.onInner {
      $0.send(.server, WebSocketBytes.close(4321))
      $0.rst(.server)
    }
    talk.onOuter {
      $0.send(.server, WebSocketBytes.close(4321))
      $0.acknowledge(.client)
      $0.send(.client, WebSocketBytes.close(4321, from: .client))
      $0.finish(.server)
    }
    let session = Stages.sessions(of: talk.packets)[0]
    let finding = try #require(session.finding("rst-after-close"))
    #expect(finding.severity == .info)
    #expect(finding.remedy == nil)
    #expect(!session.rules.contains("close-unacknowledged"))
  }

  // MARK: close-unacknowledged

  /// The last packet of the server, a Close frame, `times` more.
  static func repeated(_ times: Int, thenAcknowledged: Bool) -> [TestPacket] {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321))
    var packets = talk.packets
    for index in 0..<times {
      var copy = packets[packets.count - 1]
      copy.segment.packet.time.nanoseconds += 300_000_000
      copy.segment.identification = UInt16(index + 100)
      packets.append(copy)
    }
    talk.time += 3
    if thenAcknowledged { talk.acknowledge(.client) }
    return TestPacket.numbered(
      packets + talk.packets.dropFirst(talk.packets.count - (thenAcknowledged ? 1 : 0)))
  }

  @Test func `a Close frame that is sent again and again was never acknowledged`() throws {
    let finding = try #require(
      Stages.finding("close-unacknowledged", in: Self.repeated(4, thenAcknowledged: false)))
    #expect(finding.severity == .error)
    #expect(finding.text.contains("sent again 4 times, and no ACK of it was captured"))
  }

  @Test func `a Close frame that is sent again and then acknowledged is told for information`() throws {
    let finding = try #require(
      Stages.finding("close-unacknowledged", in: Self.repeated(1, thenAcknowledged: true)))
    #expect(finding.severity == .info)
    #expect(finding.text.contains("sent again once"))
  }

  @Test func `a Close frame that is acknowledged at once is not reported`() {
    #expect(Stages.finding("close-unacknowledged", in: Self.closed(WebSocketBytes.close(4321))) == nil)
  }

  @Test func `a Close frame that a RST answers was not acknowledged`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321))
    talk.rst(.client, acknowledging: false)
    let finding = try #require(Stages.finding("close-unacknowledged", in: talk.packets))
    #expect(finding.text.contains("the receiver answered with RST"))
  }

  @Test func `a Close frame to a receiver that had left needs no ACK`() {
    var talk = Conversation()
    talk.upgrade()
    talk.fin(.client)
    talk.send(.server, WebSocketBytes.close(4321))
    talk.rst(.client, acknowledging: false)
    #expect(Stages.finding("close-unacknowledged", in: talk.packets) == nil)
  }
}
