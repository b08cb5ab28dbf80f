import Capture
import CloseAnalysis
import Pipeline
import TCPReassembly
import TestSupport
import Testing
import WSDecode

/// Sessions that are judged on another thread are those that are judged at once.
@Suite struct SessionThreadTests {
  static let summary = CaptureSummary(
    parts: [CapturePart(source: "test")], statistics: CaptureStatistics(), reassembly: .init())

  /// WebSockets that overlap in time, with a proxy between, and every other one without a Close frame.
  static let packets = TestPacket.merged(
    (0..<200).map { number in
      var talk = ProxiedConversation(number, at: Double(number) * 0.3)
      talk.upgrade()
      talk.fromServer(WebSocketBytes.text("hello \(number)"))
      if number % 2 == 0 { talk.close() } else { talk.wait(0.5) }
      talk.onInner { $0.finish(.server) }
      talk.onOuter { $0.rst(.client) }
      return talk.packets
    })

  /// Packets were dropped in front of every fiftieth.
  static func feed(
    _ decoder: inout WebSocketDecoder<some LegSink>, pausingEvery interval: Int = 1, onPause: () -> Void = {}
  ) {
    var reassembler = Reassembler()
    for (index, packet) in packets.enumerated() {
      if index > 0, index % 50 == 0 {
        let place = packets[index - 1].segment.packet
        reassembler.receive(.dropped(count: 3, realm: 0, place), into: &decoder)
        reassembler.receive(.time(packets: place.time, steady: place.time), into: &decoder)
      }
      reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder)
      guard index % interval == 0 else { continue }
      reassembler.receive(.pause, into: &decoder)
      onPause()
    }
    reassembler.finish(into: &decoder)
    reassembler.receive(.pause, into: &decoder)
  }

  static func facts(_ session: Session) -> String {
    let findings = session.findings.map { "\($0.rule): \($0.text)" }
    return "\(session.id) \(session.verdict) \(session.client.connection.client) \(findings)"
  }

  final class Told { var sessions: [Session] = [] }

  static let direct = {
    let told = Told()
    var decoder = WebSocketDecoder(into: SessionStream(capture: summary) { told.sessions.append($0) })
    feed(&decoder)
    var stream = decoder.sink
    stream.finish()
    return told.sessions.map(facts)
  }()

  /// - Parameter interval: packets after which they are handed over.
  @Test(arguments: [1, 7, 500, 1_000_000])
  func `they are the same in the same order, each told once`(interval: Int) {
    let thread = SessionThread(capture: Self.summary)
    var decoder = WebSocketDecoder(into: thread.legs)
    var sessions: [Session] = []
    Self.feed(&decoder, pausingEvery: interval) { sessions += thread.takeSessions() }
    thread.finish()
    sessions += thread.takeSessions()
    #expect(sessions.map(Self.facts) == Self.direct)
    #expect(sessions.count == 200 && Set(sessions.map(\.verdict)).count > 1)
    #expect(thread.retainedCount == 0 && thread.takeSessions().isEmpty)
  }

  @Test func `what was handed over is judged although nothing follows`() async throws {
    let thread = SessionThread(capture: Self.summary)
    var decoder = WebSocketDecoder(into: thread.legs)
    var talk = ProxiedConversation()
    talk.upgrade()
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.onOuter { $0.finish(.server) }
    var reassembler = Reassembler()
    for packet in talk.packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    // Nothing is judged before.
    try await Task.sleep(for: .milliseconds(20))
    #expect(thread.takeSessions().isEmpty)
    reassembler.receive(.pause, into: &decoder)
    var sessions: [Session] = []
    for _ in 0..<10_000 where sessions.isEmpty {
      sessions = thread.takeSessions()
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(sessions.map(\.verdict) == [.delivered])
    #expect(thread.retainedCount == 0)
  }
}
