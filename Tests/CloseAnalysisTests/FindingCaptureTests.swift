import CloseAnalysis
import Streams
import TestSupport
import Testing

/// The limits of a capture: capture-gap, capture-truncated, capture-one-sided, capture-late.
@Suite struct FindingCaptureTests {
  static var whole: [TestPacket] {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello, this is a message of some length"))
    talk.acknowledge(.client)
    talk.send(.server, WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.finish(.server)
    return talk.packets
  }

  @Test func `a whole capture has no limits to tell of`() {
    #expect(Stages.sessions(of: Self.whole).allSatisfy { $0.rules == [] })
  }

  // MARK: capture-gap

  @Test func `a gap that does no harm is told for information`() throws {
    var packets = Self.whole
    let message = try #require(packets.firstIndex { $0.payload.first == 0x81 })
    packets.remove(at: message)
    let finding = try #require(Stages.finding("capture-gap", in: TestPacket.numbered(packets)))
    #expect(finding.severity == .info)
    #expect(finding.text.contains("41 bytes in 1 gap"))
    #expect(finding.remedy == nil)
  }

  @Test func `a gap that may hide the Close frame is a warning`() throws {
    var packets = Self.whole
    let close = try #require(packets.firstIndex { $0.payload.first == 0x88 && $0.payload[1] < 0x80 })
    packets.remove(at: close)
    let session = Stages.sessions(of: TestPacket.numbered(packets))[0]
    #expect(session.verdict == .undetermined)
    let finding = try #require(session.finding("capture-gap"))
    #expect(finding.severity == .warning)
    #expect(finding.remedy?.paste?.contains("tcpdump") == true)
  }

  @Test func `a FIN that is missing is no byte that is missing`() throws {
    let packets = Self.whole.filter { !$0.segment.flags.contains(.fin) }
    let finding = try #require(Stages.finding("capture-gap", in: TestPacket.numbered(packets)))
    #expect(finding.text.contains("consistent with a FIN that is not in the capture"))
  }

  // MARK: capture-truncated

  @Test func `packets cut by the snaplen are told`() throws {
    let finding = try #require(Stages.finding("capture-truncated", in: Self.whole.snapped(to: 30)))
    #expect(finding.text.contains("cut by the capture's snaplen"))
    #expect(Stages.finding("capture-gap", in: Self.whole.snapped(to: 30)) == nil)
  }

  @Test func `packets shorter than the snaplen are not reported`() {
    #expect(Stages.finding("capture-truncated", in: Self.whole.snapped(to: 2000)) == nil)
  }

  // MARK: capture-one-sided

  @Test(arguments: [Side.client, .server])
  func `a capture of one direction is told`(_ missing: Side) throws {
    let ends = Conversation()
    let hidden = missing == .client ? ends.client : ends.server
    let packets = TestPacket.numbered(Self.whole.filter { $0.segment.source != hidden })
    let finding = try #require(Stages.finding("capture-one-sided", in: packets))
    #expect(finding.severity == .warning)
    #expect(finding.text.contains("No packet from \(hidden)"))
    #expect(finding.remedy?.summary.contains("both directions") == true)
  }

  @Test func `a client that says nothing is no missing direction`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello"))
    talk.acknowledge(.client)
    talk.finish(.server)
    let late = TestPacket.numbered(Array(talk.packets.dropFirst(5)))
    #expect(Stages.sessions(of: late).allSatisfy { $0.finding("capture-one-sided") == nil })
  }

  // MARK: capture-late

  @Test func `a WebSocket without its handshake is told`() throws {
    var talk = Conversation()
    talk.upgrade()
    for text in ["one message", "another message", "a third message", "the last message"] {
      talk.send(.server, WebSocketBytes.text(text))
      talk.send(.client, WebSocketBytes.text(text, from: .client))
    }
    talk.send(.server, WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.close(4321, from: .client))
    talk.finish(.server)
    let finding = try #require(
      Stages.finding("capture-late", in: TestPacket.numbered(Array(talk.packets.dropFirst(6)))))
    #expect(finding.severity == .info)
    #expect(finding.text.contains("The handshake of this leg is not in the capture"))
    #expect(Stages.finding("capture-late", in: talk.packets) == nil)
  }

  @Test func `a capture of the client's packets alone is one-sided, not too short`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321, "test"))
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    talk.finish(.client)
    let half = talk.packets.filter { $0.segment.source == talk.client }
    let session = Stages.sessions(of: TestPacket.numbered(half))[0]
    #expect(session.verdict == .undetermined)
    #expect(session.judgement.reason == .oneSided)
    #expect(session.finding("capture-one-sided")?.severity == .warning)
  }

  @Test func `a server whose FIN is missing has ended before the capture did`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello"))
    talk.fin(.client)
    #expect(Stages.sessions(of: talk.packets)[0].judgement.reason == .captureEnded)
    talk.sendUncaptured(.server, 1)
    talk.acknowledge(.client)
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.verdict == .undetermined)
    #expect(session.judgement.reason == .gap)
  }

  @Test func `a handshake that the snaplen cut is not called missing`() throws {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(WebSocketBytes.text("hello"))
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    let session = Stages.sessions(of: talk.packets.snapped(to: 40))[0]
    let finding = try #require(session.finding("capture-late"))
    #expect(finding.text.contains("was cut by the capture's snaplen"))
    #expect(finding.text.contains("-s 0"))
    #expect(session.answer.contains("cut the handshake (snaplen)"))
    #expect(session.hop.because == "the snaplen cut the handshake")
  }

  /// The capture lacks the frame on the client's leg, and an ACK covers exactly its place.
  @Test(arguments: [("after 40", true), ("", false)])
  func `an answer with the frame's own reason proves what the capture missed`(
    reason: String, isProof: Bool
  ) {
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.fromServer(WebSocketBytes.text("hello"))
    let close = WebSocketBytes.close(4321, reason)
    talk.intoProxy(close)
    talk.onOuter {
      $0.sendUncaptured(.server, UInt32(close.count))
      $0.acknowledge(.client)
    }
    talk.fromClient(WebSocketBytes.close(4321, reason, mask: 0x1234_5678))
    talk.onOuter { $0.fin(.client) }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.legs.count == 2)
    #expect(session.verdict == (isProof ? .delivered : .undetermined))
    if isProof { #expect(session.judgement.delivery.proof == .echoed) }
  }
}
