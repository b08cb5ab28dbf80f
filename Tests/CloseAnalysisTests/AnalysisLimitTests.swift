import CloseAnalysis
import Limits
import Streams
import TCPReassembly
import TestSupport
import Testing
import WSDecode

/// A limit of the program makes a verdict undetermined, and not wrong.
@Suite struct AnalysisLimitTests {
  static func options(_ change: (inout Limits) -> Void) -> Limits {
    var options = Limits()
    change(&options)
    return options
  }

  /// A WebSocket that says something and is silent from then on.
  static func open(_ body: (inout Conversation) -> Void = { _ in }) -> [TestPacket] {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello"))
    talk.acknowledge(.client)
    body(&talk)
    return talk.packets
  }

  /// Connections of others, each with a packet of its own.
  static func others(_ count: Int, at time: Double) -> [TestPacket] {
    (0..<count).flatMap { index -> [TestPacket] in
      var wire = Wire(
        client: "10.9.3.1:\(2000 + index)", at: Double(Conversation.start) + time + Double(index) * 0.001)
      wire.send(.client, at: -1, flags: .syn)
      return wire.packets
    }
  }

  @Test func `a connection that is open at the end of the capture is open`() {
    let sessions = Stages.sessions(of: Self.open())
    #expect(sessions.map(\.verdict) == [.open])
    #expect(sessions[0].finding("analysis-limit") == nil)
  }

  @Test func `a connection that a full table has forgotten is not said to be open`() throws {
    let packets = TestPacket.merged([Self.open(), Self.others(3, at: 1)])
    let session = try #require(
      Stages.sessions(of: packets, options: Self.options { $0.maxConnections = 2 }).first)
    #expect(session.verdict == .undetermined)
    #expect(session.judgement.reason == .limit)
    #expect(session.answer.contains("a limit of wsclose was hit (maxConnections)"))
    let finding = try #require(session.finding("analysis-limit"))
    #expect(finding.severity == .warning)
    #expect(finding.text == "A leg had not ended when wsclose forgot it: the limit maxConnections was hit.")
  }

  @Test func `a connection that was forgotten for its silence is not said to be open`() {
    let packets = TestPacket.merged([Self.open(), Self.others(3, at: 5000), Self.others(3, at: 5001)])
    let session = Stages.sessions(of: packets)[0]
    #expect(session.judgement.reason == .limit)
    #expect(session.answer.contains("(idleTimeout)"))
  }

  @Test func `what was known before a connection was forgotten stands`() {
    let closed = Self.open {
      $0.send(.server, WebSocketBytes.close(4321, "test"))
      $0.send(.client, WebSocketBytes.close(4321, "test", from: .client))
      $0.finish(.server)
    }
    let packets = TestPacket.merged([closed, Self.others(3, at: 1)])
    let session = Stages.sessions(of: packets, options: Self.options { $0.maxConnections = 2 })[0]
    #expect(session.verdict == .delivered)
    #expect(session.finding("analysis-limit") == nil)
  }

  @Test func `bytes that were given up for a limit are told apart from those that are missing`() throws {
    let whole = Self.open {
      for _ in 0..<20 { $0.send(.server, WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 300))) }
      $0.acknowledge(.client)
      $0.finish(.server)
    }
    // One comes so late that too much waits for it.
    var packets = whole
    packets.insert(packets.remove(at: 9), at: 25)
    packets = TestPacket.numbered(packets)
    #expect(Stages.sessions(of: packets)[0].verdict == .absent)
    let limited = Stages.sessions(of: packets, options: Self.options { $0.maxHeldSegments = 3 })[0]
    #expect(limited.finding("capture-gap") == nil)
    let finding = try #require(limited.finding("analysis-limit"))
    #expect(finding.text.contains("maxHeldSegments"))
    #expect(limited.verdict == .undetermined || limited.verdict == .absent)
    #expect(limited.timeline.contains { $0.detail.hasSuffix("given up (maxHeldSegments)") })
  }

  @Test func `a Close frame that was given up for a limit makes the verdict undetermined`() throws {
    let whole = Self.open {
      $0.send(.server, WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 90)))
      $0.send(.server, WebSocketBytes.close(4321, "test"))
      for _ in 0..<8 { $0.send(.server, [UInt8](repeating: 0xff, count: 50)) }
      $0.fin(.server)
      $0.acknowledge(.client)
    }
    var packets = whole
    // Both frames at the end.
    packets.append(packets.remove(at: 8))
    packets.append(packets.remove(at: 8))
    packets = TestPacket.numbered(packets)
    let session = Stages.sessions(of: packets, options: Self.options { $0.maxHeldSegments = 3 })[0]
    #expect(session.verdict == .undetermined)
    #expect(session.judgement.reason == .limit)
    #expect(session.answer.contains("(maxHeldSegments), and bytes that may have held it were given up"))
  }
}
