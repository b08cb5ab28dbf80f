import Capture
import Streams
import TestSupport
import Testing

@testable import CloseAnalysis

/// Network namespaces of one capture: what one of them has is not told of another.
@Suite struct NamespaceTests {
  /// A server that ends eight WebSockets at once, each in the namespace of its number.
  static func teardown(_ server: String, realms: [UInt16]) -> [TestPacket] {
    TestPacket.merged(
      realms.enumerated().map { number, realm in
        var talk = Conversation(
          client: "\(server):\(40_000 + number)", server: "\(server):9900", at: Double(number) * 0.001,
          clientISN: UInt32(number) * 1000, serverISN: UInt32(number) * 2000 + 5)
        talk.upgrade(key: "\(number)AAAAAAAAAAAAAAAAAAAAA==")
        talk.time = 1 + Double(number) * 0.001
        talk.finish(.server)
        return talk.packets.inside(realm)
      })
  }

  static let teardowns: [(server: String, realms: [UInt16], isOneHost: Bool)] = [
    ("127.0.0.1", [1, 1, 1, 1, 1, 1, 1, 1], true), ("127.0.0.1", [1, 2, 1, 2, 1, 2, 1, 2], false),
    ("127.0.0.6", [0, 2, 0, 2, 0, 2, 0, 2], false),
    // An address of the network is one host, wherever it is seen.
    ("10.9.2.2", [1, 2, 3, 4, 5, 6, 7, 8], true),
  ]

  @Test(arguments: teardowns)
  func `a loopback address is another host in each namespace`(
    server: String, realms: [UInt16], isOneHost: Bool
  ) {
    let packets = Self.teardown(server, realms: realms)
    for sessions in [Stages.sessions(of: packets), SessionStreamTests.streamed(packets)] {
      #expect(sessions.count == 8)
      #expect(sessions.map { $0.finding("mass-teardown") != nil } == Array(repeating: isOneHost, count: 8))
    }
  }

  static let addresses: [(address: IPAddress, isOneHost: Bool)] = [
    (IPAddress(v4: 0x7f00_0001), false), (IPAddress(v4: 0x7fff_fffe), false),
    (IPAddress(high: 0, low: 1), false), (IPAddress(high: 0, low: 6), false),
    (IPAddress(v4: 0x0a09_0202), true), (IPAddress(high: 0xfd00 << 48, low: 1), true),
    (IPAddress(high: 0, low: 2), true),
  ]

  @Test(arguments: addresses)
  func `other addresses are one host everywhere`(address: IPAddress, isOneHost: Bool) {
    let hosts = [1, 2].map { (realm: UInt16) in
      let end = Endpoint(address: address, port: 1)
      return Connection(
        id: ConnectionID(slot: 0, serial: 0), client: end, server: end, sawStart: true,
        openedAt: PacketReference(number: 1, time: .distantPast), interface: nil, realm: realm)
    }
    #expect((hosts[0].serverHost == hosts[1].serverHost) == isOneHost)
    #expect((hosts[0].clientHost == hosts[1].clientHost) == isOneHost)
  }

  /// One kernel chooses ports and sequence numbers for all namespaces.
  @Test func `connections of two loopbacks with equal ports and sequence numbers are two legs`() {
    let packets = TestPacket.merged(
      [1, 2].map { (realm: UInt16) in
        var talk = Conversation(
          client: "127.0.0.1:40000", server: "127.0.0.1:9900", at: Double(realm) * 0.000_001, clientISN: 7,
          serverISN: 9)
        talk.upgrade(key: "\(realm)AAAAAAAAAAAAAAAAAAAAA==")
        if realm == 1 { talk.send(.server, WebSocketBytes.close(4321, "test")) }
        talk.acknowledge(.client)
        talk.finish(.server)
        return talk.packets.inside(realm)
      })
    for sessions in [Stages.sessions(of: packets), SessionStreamTests.streamed(packets)] {
      #expect(sessions.map(\.verdict.rawValue).sorted() == ["absent", "delivered"])
      #expect(sessions.map { $0.legs.map(\.observations.count) } == [[1], [1]])
    }
  }

  // MARK: Silent clients

  /// One connection to a loopback address, from its middle on: the server speaks, and the client says nothing.
  static func heard(_ number: Int, at time: Double, realm: UInt16) -> [TestPacket] {
    var talk = Conversation(
      client: "127.0.0.1:\(40_000 + number)", server: "127.0.0.1:9900", at: time,
      clientISN: UInt32(number) * 1000, serverISN: UInt32(number) * 2000 + 5)
    talk.upgrade()
    let handshake = talk.packets.count
    for number in 0..<6 { talk.send(.server, WebSocketBytes.text("hello \(number)")) }
    talk.send(.server, WebSocketBytes.close(4321, "test"))
    talk.acknowledge(.client)
    talk.finish(.server)
    return TestPacket.numbered(Array(talk.packets[handshake...])).inside(realm)
  }

  /// A server says the same to two clients of its own host; what a namespace hears that another said was passed on.
  @Test(arguments: [(1, 2), (2, 1)] as [(UInt16, Int)])
  func `connections to one loopback address are neighbours in one namespace only`(
    realm: UInt16, sessions: Int
  ) {
    let packets = TestPacket.merged([
      Self.heard(1, at: 1, realm: 1), Self.heard(2, at: 1.001, realm: realm),
    ])
    #expect(Stages.sessions(of: packets).count == sessions)
    #expect(SessionStreamTests.streamed(packets).count == sessions)
  }

  // MARK: Encrypted legs

  /// TLS from its middle on, as its records show it.
  static func encrypted(_ server: String, _ number: Int, realm: UInt16) -> [TestPacket] {
    var talk = Conversation(
      client: "10.9.2.2:\(50_000 + number)", server: server, clientISN: 77_000_000 * UInt32(number + 1),
      serverISN: 99_000_000 * UInt32(number + 1))
    for length in 40..<60 {
      let record = [0x17, 3, 3, 0, UInt8(length)] + (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 41) }
      talk.send(length % 3 == 0 ? .client : .server, record)
    }
    talk.time = 9
    talk.finish(.client)
    return talk.packets.inside(realm)
  }

  /// A WebSocket of namespace 1 behind a proxy on its host; the handshake is not captured.
  static var behind: [TestPacket] { heard(0, at: 1, realm: 1) }

  static let fronts: [(realms: [UInt16], isHidden: Bool)] = [
    ([], false), ([1], true), ([2], false), ([1, 2], true), ([2, 1], true),
  ]

  @Test(arguments: fronts)
  func `an encrypted leg is in front of no proxy of another namespace`(realms: [UInt16], isHidden: Bool) {
    let sealed = realms.enumerated().map { Self.encrypted("127.0.0.1:8443", $0, realm: $1) }
    let packets = TestPacket.merged([Self.behind] + sealed)
    for sessions in [Stages.sessions(of: packets), SessionStreamTests.streamed(packets)] {
      #expect(sessions.count == 1)
      #expect(sessions.first?.judgement.reason == (isHidden ? .encrypted : nil))
      #expect(sessions.first?.verdict == (isHidden ? .undetermined : .delivered))
    }
  }
}

extension [TestPacket] {
  /// As a live capture sees them in a namespace.
  fileprivate func inside(_ realm: UInt16) -> [TestPacket] {
    map { packet in
      var packet = packet
      packet.segment.realm = realm
      return packet
    }
  }
}
