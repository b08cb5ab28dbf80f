import Capture
import CloseAnalysis
import HTTP2Decode
import Streams
import TCPReassembly
import TLSDecode
import TestSupport
import Testing
import WSDecode

/// What a live capture dropped makes a verdict undetermined that hangs on a packet not being there, and no other.
@Suite struct CaptureDropTests {
  /// A session on one leg, as packets before and behind the place of the drops.
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var verdict: Verdict
    var reason: UndeterminedReason?
    /// The verdict if nothing is dropped.
    var whole: Verdict
    var before: @Sendable (inout Conversation) -> Void
    var behind: @Sendable (inout Conversation) -> Void
  }

  static let close = WebSocketBytes.close(4321, "test")

  static let rows = [
    Row(
      testDescription: "an ACK of the Close frame was seen", verdict: .delivered, whole: .delivered,
      before: { $0.send(.server, close) },
      behind: {
        $0.acknowledge(.client)
        $0.finish(.server)
      }),
    Row(
      testDescription: "a stream without a Close frame to its FIN", verdict: .absent, whole: .absent,
      before: { $0.send(.server, WebSocketBytes.text("hello")) }, behind: { $0.finish(.server) }),
    Row(
      testDescription: "the client's RST ends it, and the server may have said more", verdict: .undetermined,
      reason: .dropped, whole: .absent,
      before: { $0.send(.server, WebSocketBytes.text("hello")) }, behind: { $0.rst(.client) }),
    Row(
      testDescription: "the server's RST ends it, and may have overtaken more", verdict: .undetermined,
      reason: .dropped, whole: .absent,
      before: { $0.send(.server, WebSocketBytes.text("hello")) }, behind: { $0.rst(.server) }),
    Row(
      testDescription: "the ACK of the Close frame may have been dropped", verdict: .undetermined,
      reason: .dropped, whole: .lost,
      before: { $0.send(.server, close) }, behind: { $0.rst(.client, acknowledging: false) }),
    Row(
      testDescription: "the end may have been dropped", verdict: .undetermined, reason: .dropped,
      whole: .open,
      before: { $0.send(.server, WebSocketBytes.text("hello")) }, behind: { $0.acknowledge(.client) }),
    Row(
      testDescription: "a later frame shows that it went on", verdict: .open, whole: .open,
      before: { _ in }, behind: { $0.send(.server, WebSocketBytes.text("hello")) }),
    Row(
      testDescription: "a later frame, and then a RST", verdict: .absent, whole: .absent,
      before: { _ in },
      behind: {
        $0.send(.server, WebSocketBytes.text("hello"))
        $0.acknowledge(.client)
        $0.rst(.client)
      }),
  ]

  @Test(arguments: rows)
  func `what hangs on a packet that was not seen is undetermined`(_ row: Row) throws {
    let session = try #require(Self.session(row, drops: [1: 7]))
    #expect(session.verdict == row.verdict)
    #expect(session.judgement.reason == row.reason)
    let finding = session.finding("capture-drops")
    #expect(finding?.severity == (row.reason == nil ? finding == nil ? nil : .info : .warning))
    if row.reason == .dropped {
      #expect(finding?.text.contains("dropped 7 packets") == true)
      #expect(session.answer.contains("the capture missed packets"))
    }
  }

  @Test(arguments: rows)
  func `what other namespaces lack does not matter, nor nothing at all`(_ row: Row) throws {
    for drops: [UInt16: UInt64] in [[:], [2: 7]] {
      let session = try #require(Self.session(row, drops: drops))
      #expect(session.verdict == row.whole)
      #expect(session.finding("capture-drops") == nil)
    }
  }

  @Test func `drops before a leg began do not matter`() throws {
    let row = Self.rows[2]
    #expect(try #require(Self.session(row, drops: [1: 7], atBeginning: true)).verdict == .absent)
  }

  @Test func `a long history of drops is kept roughly, and errs toward undetermined`() throws {
    let session = try #require(Self.session(Self.rows[2], drops: [1: 1], repeats: 5000))
    #expect(session.judgement.reason == .dropped)
    #expect(session.finding("capture-drops")?.text.contains("dropped 5,000 packets") == true)
  }

  @Test func `an interface that was gone may have hidden an end, and drops none`() throws {
    let session = try #require(Self.session(Self.rows[2], drops: [:], outage: 1))
    #expect(session.verdict == .undetermined)
    #expect(session.judgement.reason == .dropped)
    #expect(
      session.finding("capture-drops")?.text
        == "An interface was gone, and nothing captured on it, while the session was open.")
    #expect(try #require(Self.session(Self.rows[2], drops: [:], outage: 2)).verdict == .absent)
  }

  @Test func `the leg behind a proxy may be hidden by what was dropped`() throws {
    let session = try #require(Self.session(Self.rows[1], drops: [1: 7], server: "envoy"))
    #expect(session.verdict == .undetermined && session.judgement.reason == .dropped)
    #expect(try #require(Self.session(Self.rows[1], drops: [:], server: "envoy")).verdict == .absent)
  }

  private static func session(
    _ row: Row, drops: [UInt16: UInt64], outage: UInt16? = nil, atBeginning: Bool = false, repeats: Int = 1,
    server: String? = nil
  ) -> Session? {
    var talk = Conversation()
    talk.upgrade(responseFields: server.map { ["server: \($0)"] } ?? [])
    row.before(&talk)
    let count = talk.packets.count
    talk.time += 1
    row.behind(&talk)
    let told = SessionStreamTests.Told()
    var decoder = SessionStreamTests.decoder(told)
    var reassembler = Reassembler()
    func drop(behind packet: PacketReference) {
      let place = PacketReference(number: packet.number, time: packet.time)
      if let outage { reassembler.receive(.outage(realm: outage, place), into: &decoder) }
      for _ in 0..<repeats {
        for (realm, count) in drops {
          reassembler.receive(.dropped(count: count, realm: realm, place), into: &decoder)
        }
      }
    }
    if atBeginning { drop(behind: PacketReference(number: 0, time: Timestamp(nanoseconds: 0))) }
    for (index, packet) in talk.packets.enumerated() {
      var segment = packet.segment
      segment.realm = 1
      if index == count, !atBeginning { drop(behind: talk.packets[index - 1].segment.packet) }
      reassembler.receive(segment, in: packet.payload.span, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    var stream = decoder.sink.sink.sink.sink
    stream.finish()
    return told.sessions.first
  }

  @Test func `a session without a Close frame is told when time has passed, also without packets`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello"))
    talk.finish(.server)
    let told = SessionStreamTests.Told()
    var decoder = SessionStreamTests.decoder(told)
    var reassembler = Reassembler()
    for packet in talk.packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder)
    }
    let end = talk.packets[talk.packets.count - 1].segment.packet.time
    for (seconds, count) in [(1, 0), (3, 0), (7, 0), (9, 1)] as [(Int64, Int)] {
      let time = end.advanced(bySeconds: seconds)
      reassembler.receive(.time(packets: time, steady: time), into: &decoder)
      #expect(told.sessions.count == count, "after \(seconds) s")
    }
  }

  @Test func `hops of two pods are one session although both are on loopback`() throws {
    // Both proxies reach their application at 127.0.0.1:9900, from 127.0.0.1.
    let key = "dGhlIHNhbXBsZSBub25jZQ=="
    func leg(_ realm: UInt16, _ port: Int, at time: Double, _ isn: UInt32, answered: Double) -> [TestPacket] {
      var talk = Conversation(
        client: "127.0.0.1:\(port)", server: "127.0.0.1:9900", at: time, clientISN: isn, serverISN: isn * 3)
      talk.open()
      talk.send(.client, WebSocketBytes.request(key: key))
      talk.time = answered
      talk.send(.server, WebSocketBytes.response(key: key))
      talk.send(.server, Self.close)
      talk.acknowledge(.client)
      talk.finish(.server)
      return talk.packets.map { packet in
        var packet = packet
        packet.segment.realm = realm
        return packet
      }
    }
    func legs(_ realms: (UInt16, UInt16)) -> [Int] {
      let packets = TestPacket.merged([
        leg(realms.0, 40_000, at: 0, 1000, answered: 0.5),
        leg(realms.1, 40_001, at: 0.1, 9000, answered: 0.4),
      ])
      return Stages.sessions(of: packets).map(\.legs.count)
    }
    #expect(legs((1, 2)) == [2])
    #expect(legs((1, 1)) == [1, 1])
  }
}
