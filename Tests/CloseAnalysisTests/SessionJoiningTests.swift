import Capture
import CloseAnalysis
import TestSupport
import Testing

/// Which legs are one WebSocket.
@Suite struct SessionJoiningTests {
  /// A WebSocket whose server says what it says to everybody.
  static func broadcast(
    _ number: Int, _ frames: [[UInt8]] = ["hello", "price 10", "price 11"].map { WebSocketBytes.text($0) },
    isAnswered: Bool = true, isn: UInt32? = nil
  ) -> ProxiedConversation {
    var talk = ProxiedConversation(number, at: Double(number) * 0.001, isn: isn)
    talk.upgrade(requestFields: ["x-request-id: \(number)"])
    for frame in frames { talk.fromServer(frame) }
    if isAnswered { talk.close() } else { talk.fromServer(WebSocketBytes.close(4321, "test")) }
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    return talk
  }

  /// How many legs each session has.
  static func legCounts(_ conversations: [[TestPacket]], isLate: Bool = false) -> [Int] {
    let packets = TestPacket.merged(isLate ? conversations.map { late($0) } : conversations)
    let sessions = Stages.sessions(of: packets)
    #expect(
      SessionStreamTests.lines(SessionStreamTests.streamed(packets)) == SessionStreamTests.lines(sessions))
    return sessions.map(\.legs.count)
  }

  /// What a capture shows that began behind the handshake.
  static func late(_ packets: [TestPacket]) -> [TestPacket] {
    packets.filter {
      !$0.payload.starts(with: "GET".utf8) && !$0.payload.starts(with: "HTTP".utf8)
        && !$0.segment.flags.contains(.syn)
    }
  }

  // MARK: Legs of different sessions

  @Test(arguments: [false, true], [false, true])
  func `what a server says to two clients does not make them one session`(isLate: Bool, isAnswered: Bool) {
    let clients = [1, 2].map { Self.broadcast($0, isAnswered: isAnswered).outerPackets }
    #expect(Self.legCounts(clients, isLate: isLate) == [1, 1])
  }

  @Test func `one masking key of all clients joins none whose handshakes differ`() {
    let clients = [1, 2, 3].map { number in
      var talk = ProxiedConversation(number, at: Double(number))
      talk.upgrade()
      talk.fromClient(WebSocketBytes.text("ping", from: .client))
      talk.close()
      return talk.packets
    }
    #expect(Self.legCounts(clients) == [2, 2, 2])
  }

  /// With a mask that is always the same, say. Otherwise it would be one session, with a column of its report for each.
  @Test(arguments: [(3, 1), (32, 1), (33, 33), (200, 200)])
  func `what more legs have in common than a WebSocket has hops joins none`(count: Int, sessions: Int) {
    let clients = (0..<count).map { number in
      var talk = ProxiedConversation(number, at: Double(number) * 0.001)
      talk.upgrade()
      talk.fromClient(WebSocketBytes.text("I am here", from: .client))
      talk.close()
      talk.onOuter { $0.finish(.server) }
      return talk.outerPackets
    }
    #expect(Self.legCounts(clients, isLate: true) == Array(repeating: count / sessions, count: sessions))
  }

  /// Those that go on and have handshakes hear what the first two heard, who have none and nothing else in common.
  @Test func `what a server says to others, too, joins no two without a handshake`() {
    let first = Self.late(Self.broadcast(1, isAnswered: false).outerPackets)
    let second = Self.late(Self.broadcast(2, isAnswered: false).innerPackets)
    let others = [3, 4].map { number in
      var talk = Self.broadcast(number, isAnswered: false)
      talk.wait(60)
      return talk.packets
    }
    #expect(Self.legCounts([first, second] + others) == [1, 1, 2, 2])
  }

  @Test func `short frames that come again and again join nothing`() {
    let pings = Array(repeating: WebSocketBytes.frame(.ping, Array("beat".utf8)), count: 20)
    var first = ProxiedConversation(1)
    var second = ProxiedConversation(2)
    for ping in pings { first.intoProxy(ping) }
    for ping in pings { second.onOuter { $0.send(.server, ping) } }
    #expect(Self.legCounts([first.packets, second.packets], isLate: true) == [1, 1])
  }

  // MARK: Legs of one session

  @Test(arguments: [false, true], [false, true])
  func `both sides of a proxy are one session`(isLate: Bool, isAnswered: Bool) {
    let packets = Self.broadcast(1, isAnswered: isAnswered).packets
    #expect(Self.legCounts([packets], isLate: isLate) == [2])
  }

  @Test func `fifty silent sessions of a late capture are each joined`() {
    let sessions = (1...50).map { number in
      let frames = (1...4).map { WebSocketBytes.text("\($0) for \(number)") }
      return Self.broadcast(number, frames, isAnswered: false).packets
    }
    #expect(Self.legCounts(sessions, isLate: true) == Array(repeating: 2, count: 50))
  }

  @Test func `long frames that are all alike join both sides of a proxy`() {
    let long = Array(repeating: WebSocketBytes.frame(.text, Array(repeating: 0x78, count: 8192)), count: 5)
    #expect(Self.legCounts([Self.broadcast(1, long, isAnswered: false).packets], isLate: true) == [2])
  }

  /// The proxy's patience was over before the server answered.
  @Test(arguments: ["500 Internal Server Error", "101 Switching Protocols"])
  func `a proxy that refuses before its upstream has answered is one session`(late: String) throws {
    let key = WebSocketBytes.key
    var outer = Conversation()
    outer.open()
    outer.send(.client, WebSocketBytes.request())
    var inner = Conversation(
      client: "127.0.0.6:40000", server: "10.9.2.2:9900", at: outer.time, clientISN: 70_000, serverISN: 90_000
    )
    inner.open()
    inner.send(.client, WebSocketBytes.request())
    outer.time = 0.6
    outer.send(.server, WebSocketBytes.lines(["HTTP/1.1 504 Gateway Timeout", "server: envoy"]))
    inner.time = 1.2
    inner.send(
      .server,
      late.hasPrefix("101")
        ? WebSocketBytes.response(key: key) : WebSocketBytes.lines(["HTTP/1.1 \(late)", "Content-Length: 0"]))
    outer.time = 2
    outer.finish(.client)
    inner.time = 2
    inner.finish(.client)
    let sessions = Stages.sessions(of: TestPacket.merged([outer.packets, inner.packets]))
    #expect(sessions.map(\.legs.count) == [2])
    #expect(
      sessions[0].answer
        == "There was no WebSocket: the Envoy proxy at 10.9.1.1 answered the upgrade with 504 Gateway Timeout."
    )
    let finding = try #require(sessions[0].finding("upgrade-refused"))
    #expect(finding.text.contains("before its own upstream answered with \(late.prefix(3))"))
  }

  /// One packet is missing, or the capture began between the outer request and its 101.
  @Test func `a leg without its request is joined by its accept`() {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(WebSocketBytes.text("hello"))
    talk.intoProxy(WebSocketBytes.close(1011, "bye"))
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    var packets = talk.packets
    packets.removeAll { $0.payload.starts(with: "GET".utf8) && $0.segment.destination.port == 80 }
    let sessions = Stages.sessions(of: TestPacket.numbered(packets))
    #expect(sessions.map(\.legs.count) == [2])
    #expect(sessions[0].legs.first?.connection.server.port == 80)
    #expect(sessions[0].verdict == .lost)
  }

  // MARK: Observations of one leg

  /// The second observation begins a frame later, as the interfaces of one capture may.
  @Test func `silent clients whose legs are each seen twice are known by the places of the frames`() {
    let legs = (1...4).map { Self.late(Self.broadcast($0, isAnswered: false).outerPackets) }
    let again = legs.map { leg in
      leg.drop { $0.payload.isEmpty }.dropFirst().map { Self.translated($0) }
    }
    #expect(Self.legCounts(legs + again) == [1, 1, 1, 1])
  }

  /// As it is on the other side of an address translation.
  static func translated(_ packet: TestPacket) -> TestPacket {
    func translated(_ end: Endpoint) -> Endpoint {
      end.port == 80 ? end : Endpoint(text: "10.8.8.8:\(end.port)")
    }
    var packet = packet
    packet.segment.source = translated(packet.segment.source)
    packet.segment.destination = translated(packet.segment.destination)
    return packet
  }

  /// Captures that were made up, or changed, may have every stream begin at the same number.
  @Test func `hops whose sequence numbers are equal are not one leg`() {
    #expect(Self.legCounts([Self.broadcast(1, isn: 1000).packets]) == [2])
  }
}
