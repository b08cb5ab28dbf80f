import TestSupport
import Testing

@testable import CloseAnalysis

/// What is remembered of sessions that one address ended.
@Suite struct EndingHistoryTests {
  /// Sessions of as many addresses.
  static func sessions(
    _ count: Int, at time: Double, net: Int = 7, _ end: (inout Conversation) -> Void
  ) -> [[TestPacket]] {
    (0..<count).map { number in
      let isn = UInt32(time * 1000) &* 300_007 &+ UInt32(number) &* 7_000_003
      var talk = Conversation(
        client: "10.\(net).\(number).1:40000", server: "10.\(net).\(number).2:9900", at: time, clientISN: isn,
        serverISN: isn &* 3)
      let key = WebSocketBytes.key(named: "\(number)at\(Int(time))")
      talk.open()
      talk.send(.client, WebSocketBytes.request(key: key))
      talk.send(.server, WebSocketBytes.response(key: key))
      talk.acknowledge(.client)
      end(&talk)
      return talk.packets
    }
  }

  static func closed(_ count: Int, at time: Double, net: Int = 7) -> [[TestPacket]] {
    sessions(count, at: time, net: net) {
      $0.send(.server, WebSocketBytes.close(4321, "test"))
      $0.send(.client, WebSocketBytes.close(4321, "test", from: .client))
      $0.finish(.server)
    }
  }

  @Test(arguments: [1 << 16, 8])
  func `addresses that end nothing make room for those that do`(maxPlaces: Int) {
    let silent = (0..<3).map { FindingGroupTests.session($0, at: Double($0) * 5, silence: 7) }
    let packets = TestPacket.merged(silent + Self.closed(30, at: 1) + Self.closed(30, at: 16))
    let sessions = Stages.sessions(of: packets)
    #expect(sessions.count == 63)
    var history = EndingHistory(maxPlaces: maxPlaces)
    for session in sessions { history.note(session) }
    let ended = sessions.filter { $0.endedWithoutClose != nil }
    #expect(history.common(to: ended, open: LegSlots<Leg>()).silences.count == 3)
    #expect(history.common(to: Array(ended.prefix(1)), open: LegSlots<Leg>()).silences.count == 3)
    #expect(history.common(to: [], open: LegSlots<Leg>()).silences.isEmpty)
  }

  @Test func `no more addresses are remembered than are allowed, even if all end sessions`() {
    let packets = TestPacket.merged(
      Self.sessions(20, at: 1) {
        $0.time = 9
        $0.finish(.server)
      })
    let sessions = Stages.sessions(of: packets)
    #expect(sessions.count { $0.endedWithoutClose != nil } == 20)
    var history = EndingHistory(maxPlaces: 8)
    for session in sessions {
      history.note(session)
      #expect(history.placeCount <= 8)
    }
  }

  @Test func `addresses whose sessions are long over are forgotten, but for those that ended some`() {
    let silent = (0..<3).map { FindingGroupTests.session($0, at: Double($0) * 5, silence: 7) }
    let closed = (0..<60).flatMap { Self.closed(30, at: 20 + Double($0) * 40, net: 50 + $0) }
    let sessions = Stages.sessions(of: TestPacket.merged(silent + closed))
    #expect(sessions.count == 1803)
    var history = EndingHistory(maxPlaces: 1 << 16)
    for session in sessions {
      history.note(session)
      #expect(history.placeCount <= 1025)
    }
    let ended = sessions.filter { $0.endedWithoutClose != nil }
    #expect(history.common(to: ended, open: LegSlots<Leg>()).silences.count == 3)
  }
}
