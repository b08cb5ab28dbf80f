import Capture
import CloseAnalysis
import HTTP2Decode
import PROXYDecode
import Report
import TCPReassembly
import TLSDecode
import TestSupport
import Testing
import WSDecode

/// Sessions that are told while the capture is read are those of the whole capture.
@Suite struct SessionStreamTests {
  final class Told { var sessions: [Session] = [] }

  typealias Decoder = PROXYDecoder<TLSDecoder<HTTP2Decoder<WebSocketDecoder<SessionStream>>>>

  static func decoder(_ told: Told, keyLog: KeyLog = KeyLog()) -> Decoder {
    let stream = SessionStream(capture: CaptureSummary("test.pcap")) { told.sessions.append($0) }
    return PROXYDecoder(
      into: TLSDecoder(into: HTTP2Decoder(into: WebSocketDecoder(into: stream)), keyLog: keyLog))
  }

  /// - Parameter afterEach: gets how many sessions were told, and how much is in memory.
  static func streamed(
    _ packets: [TestPacket], keyLog: KeyLog = KeyLog(), afterEach: (Int, Int) -> Void = { _, _ in }
  ) -> [Session] {
    let told = Told()
    var decoder = decoder(told, keyLog: keyLog)
    var reassembler = Reassembler()
    for packet in packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder)
      afterEach(told.sessions.count, decoder.sink.sink.sink.sink.retainedCount)
    }
    reassembler.finish(into: &decoder)
    var stream = decoder.sink.sink.sink.sink
    stream.finish()
    return told.sessions
  }

  /// As NDJSON, without the numbers.
  static func lines(_ sessions: [Session]) -> [String] {
    sessions.map { session in
      var session = session
      session.id = 0
      return String(
        decoding: JSONReport.line(session, captures: [CaptureSummary("test.pcap")]), as: UTF8.self)
    }.sorted()
  }

  static func expectSame(_ packets: [TestPacket], keyLog: KeyLog = KeyLog(), _ comment: Comment) {
    let whole = lines(Stages.sessions(of: packets, keyLog: keyLog))
    #expect(lines(streamed(packets, keyLog: keyLog)) == whole, comment)
  }

  /// One session with a proxy between, a little later than the one before.
  static func proxied(
    _ number: Int, every seconds: Double = 0.4, patience: Double = 0, key: String? = nil
  ) -> [TestPacket] {
    var conversation = ProxiedConversation(number, at: Double(number) * seconds, key: key)
    conversation.upgrade()
    conversation.fromClient(
      WebSocketBytes.frame(.text, Array("hello \(number)".utf8), mask: UInt32(number * 3 + 1)))
    conversation.close()
    conversation.onInner { $0.finish(.server) }
    conversation.wait(patience)
    conversation.onOuter { $0.finish(.server) }
    return conversation.packets
  }

  @Test(arguments: [nil, "dGhlIHNhbXBsZSBub25jZQ=="])
  func `many sessions are told as those of the whole capture, whatever their keys`(key: String?) {
    let packets = TestPacket.merged((0..<300).map { Self.proxied($0, key: key) })
    Self.expectSame(packets, "key \(key ?? "random")")
  }

  @Test func `a session is told soon after its end, and forgotten`() {
    let packets = TestPacket.merged((0..<600).map { Self.proxied($0) })
    var largest = 0
    var toldAtHalf = 0
    var count = 0
    let sessions = Self.streamed(packets) { told, retained in
      largest = max(largest, retained)
      count += 1
      if count == packets.count / 2 { toldAtHalf = told }
    }
    #expect(sessions.count == 600)
    #expect(toldAtHalf > 200)
    // A connection is kept for a tenth of a second after its end, less than one session comes after the other, and until
    // its turn comes.
    #expect(largest < 60)
  }

  @Test func `a leg without a handshake keeps no others whose servers say the same`() {
    let others = (1..<600).map { Self.proxied($0, every: 0.01) }
    let late = SessionJoiningTests.late(Self.proxied(0, patience: 300))
    let largest = [others, others + [late]].map { conversations in
      var largest = 0
      _ = Self.streamed(TestPacket.merged(conversations)) { _, retained in largest = max(largest, retained) }
      return largest
    }
    // The leg, and the other hop of its session.
    #expect(largest[1] <= largest[0] + 2)
    Self.expectSame(TestPacket.merged(others + [late]), "late")
  }

  /// With one leg before it that has no handshake, as captures have it that miss packets.
  @Test func `a leg waits for one that is recognised only by its end, as its request is missing`() {
    var talk = ProxiedConversation(2, at: 10)
    talk.upgrade()
    talk.fromServer(WebSocketBytes.text("hello"))
    talk.onOuter { $0.finish(.server) }
    talk.onInner { $0.finish(.server) }
    let isRequest = { (packet: TestPacket) in
      packet.payload.starts(with: "GET".utf8) && packet.segment.destination.port == 9900
    }
    let packets = TestPacket.merged(
      [
        SessionJoiningTests.late(Self.proxied(1)), talk.packets.filter { !isRequest($0) },
      ] + (26..<32).map { Self.proxied($0) })
    #expect(Self.streamed(packets).allSatisfy { $0.legs.count == 2 })
    Self.expectSame(packets, "no request")
  }

  /// The client leaves, and the server goes on for a while; of that leg the handshake is missing, and of none before.
  @Test func `a leg that has ended alone waits a moment for another hop`() {
    func bytes(_ number: Int) -> [UInt8] { (0..<30).map { UInt8(truncatingIfNeeded: ($0 + 7) * number) } }
    var talk = ProxiedConversation(1)
    talk.upgrade()
    talk.wait(1)
    talk.fromClient(WebSocketBytes.frame(.binary, bytes(1), mask: 0x9a13_7705))
    talk.fromServer(WebSocketBytes.frame(.binary, bytes(3)))
    let close = WebSocketBytes.close(1001, "", mask: 0x9a13_7705)
    talk.onOuter {
      $0.send(.client, close)
      $0.finish(.client)
    }
    for number in 1...5 {
      talk.wait(0.2)
      talk.intoProxy(WebSocketBytes.frame(.binary, bytes(number * 2 + 3)))
    }
    talk.onInner {
      $0.send(.client, close)
      $0.send(.server, WebSocketBytes.close(1001, ""))
      $0.finish(.server)
    }
    var other = Conversation(client: "10.9.7.7:50000", server: "10.9.7.8:2000")
    for _ in 0..<600 {
      other.time += 0.02
      other.send(.client, [1])
    }
    let packets = TestPacket.merged([talk.outerPackets, Array(talk.innerPackets.dropFirst(6)), other.packets])
    #expect(Stages.sessions(of: packets).map(\.legs.count) == [2])
    Self.expectSame(packets, "alone")
  }

  @Test func `a leg waits for no other where none has had one`() {
    let outside = { (packet: TestPacket) in
      packet.segment.source.port != 9900 && packet.segment.destination.port != 9900
    }
    let others = (1..<600).map { Self.proxied($0, every: 0.01).filter(outside) }
    let late = SessionJoiningTests.late(Self.proxied(0)).filter(outside)
    let largest = [others, [late] + others].map { conversations in
      var largest = 0
      let sessions = Self.streamed(TestPacket.merged(conversations)) { _, retained in
        largest = max(largest, retained)
      }
      #expect(sessions.allSatisfy { $0.legs.count == 1 })
      #expect(sessions.count == conversations.count)
      return largest
    }
    #expect(largest[1] <= largest[0] + 2)
  }

  @Test func `a session whose other hop goes on waits for it`() {
    let packets = TestPacket.merged([Self.proxied(0, patience: 60)] + (1..<200).map { Self.proxied($0) })
    Self.expectSame(packets, "late")
  }

  @Test func `sessions that end together say so`() {
    let packets = TestPacket.merged(
      (0..<8).map { number in
        var conversation = Conversation(
          client: "10.9.1.\(number + 2):\(40_000 + number)", at: Double(number) * 0.01,
          clientISN: UInt32(number * 1000), serverISN: UInt32(number * 2000 + 5))
        conversation.open()
        let key = "\(number)AAAAAAAAAAAAAAAAAAAAA=="
        conversation.send(.client, WebSocketBytes.request(key: key))
        conversation.send(.server, WebSocketBytes.response(key: key))
        conversation.acknowledge(.client)
        conversation.time = 1
        conversation.finish(.server)
        conversation.finish(.client)
        return conversation.packets
      })
    let sessions = Self.streamed(packets)
    #expect(sessions.count == 8)
    #expect(sessions.allSatisfy { $0.findings.contains { $0.rule == "mass-teardown" } })
    Self.expectSame(packets, "mass teardown")
  }

  @Test func `the sessions of every sample are the same`() throws {
    for path in SampleFiles.captures where path.hasSuffix(".pcap") {
      let packets = try? TestPacket.read(path)
      if let packets { Self.expectSame(packets, "\(path)") }
    }
  }
}
