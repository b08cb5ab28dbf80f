import Capture
import CloseAnalysis
import Foundation
import TestSupport
import Testing

/// Captures of several machines, whose clocks differ.
@Suite struct ClockTests {
  static let shifts = [0, 0.001, -0.001, 0.0045, -0.0045, 0.005, -0.005, 0.05, -0.05, 3, -3, 86_400]

  /// The server closes; each side of the proxy takes a little time.
  static func closed(_ number: Int = 0, at time: Double = 0) -> ProxiedConversation {
    var talk = ProxiedConversation(number, at: time)
    talk.upgrade(requestFields: [])
    talk.fromServer(WebSocketBytes.text("hello \(number)"))
    talk.wait(0.2)
    talk.close()
    talk.onInner { $0.finish(.server) }
    talk.wait(1)
    talk.onOuter { $0.finish(.server) }
    return talk
  }

  static func clients(_ session: Session) -> [String] {
    session.legs.map { "\($0.connection.client.address)" }
  }

  // MARK: A leg that both captures saw

  /// The proxy's capture has both legs, the client's the outer one.
  @Test(arguments: shifts, [false, true])
  func `a clock that was measured changes neither order nor latency`(
    shift: Double, isReversed: Bool
  ) throws {
    let talk = Self.closed()
    let captures = [talk.packets, talk.outerPackets.shifted(by: shift)]
    let sessions = Stages.sessions(ofCaptures: isReversed ? captures.reversed() : captures)
    let session = try #require(sessions.first)
    #expect(sessions.count == 1)
    #expect(Self.clients(session) == ["10.9.1.2", "127.0.0.6"])
    #expect(session.verdict == .delivered)
    let latency = try #require(session.judgement.delivery.latency)
    #expect(abs(latency - 0.0005) < 0.001)
    #expect(session.finding("capture-clocks") == nil)
  }

  @Test(arguments: shifts.dropFirst())
  func `a measured difference is applied and told, however small it is`(shift: Double) throws {
    let talk = Self.closed()
    let analysis = Stages.analysis(ofCaptures: [talk.packets, talk.outerPackets.shifted(by: shift)])
    let correction = try #require(analysis.captures[1].clockCorrection)
    #expect(abs(correction + shift) < 0.000_1)
  }

  /// The Close frames take 1 ms from one capture to the other; the rest takes 9 ms there and 3 ms back.
  @Test func `the packets that were under way for the least time tell the difference`() throws {
    let talk = Self.closed()
    var far = talk.outerPackets
    for index in far.indices {
      let isFromClient = far[index].segment.source.port != 80
      let delay = far[index].payload.first == 0x88 ? 0.001 : isFromClient ? 0.009 : 0.003
      far[index].segment.packet.time.nanoseconds += Int64((isFromClient ? -delay : delay) * 1e9)
    }
    let analysis = Stages.analysis(ofCaptures: [talk.packets, far.shifted(by: 0.5)])
    let correction = try #require(analysis.captures[1].clockCorrection)
    #expect(abs(correction + 0.5) < 0.000_5)
  }

  // MARK: No common leg

  @Test(arguments: shifts, [false, true])
  func `captures of different legs are one session in the right order, whatever their clocks say`(
    shift: Double, isReversed: Bool
  ) throws {
    let talk = Self.closed()
    var captures = [talk.outerPackets.shifted(by: shift), talk.innerPackets]
    if isReversed { captures.reverse() }
    let sessions = Stages.sessions(ofCaptures: captures)
    let session = try #require(sessions.first)
    #expect(sessions.count == 1)
    #expect(Self.clients(session) == ["10.9.1.2", "127.0.0.6"])
    #expect(session.verdict == .delivered)
    #expect(session.judgement.delivery.proof == .echoed)
    // Nothing measures the clocks: what is not known is not told.
    #expect(session.judgement.delivery.latency == nil)
    #expect(session.finding("capture-clocks")?.severity == .info)
  }

  /// One side seen late: no handshake there, so that only the frames can tell.
  @Test(arguments: shifts)
  func `frames alone bring two captures together`(shift: Double) throws {
    let talk = Self.closed()
    let late = TestPacket.numbered(Array(talk.outerPackets.drop { !$0.payload.starts(with: [0x81]) }))
    let sessions = Stages.sessions(ofCaptures: [late.shifted(by: shift), talk.innerPackets])
    #expect(sessions.count == 1)
    #expect(Self.clients(try #require(sessions.first)) == ["10.9.1.2", "127.0.0.6"])
  }

  /// Simple clients use one key for all their connections.
  @Test(arguments: shifts)
  func `one key for all connections joins no legs that clocks would keep apart`(shift: Double) {
    let key = WebSocketBytes.key
    func leg(_ client: String, _ server: String, at time: Double, _ isn: UInt32) -> Conversation {
      var talk = Conversation(
        client: client, server: server, at: time, clientISN: isn, serverISN: isn &+ 7777)
      talk.upgrade(key: key)
      talk.send(.server, WebSocketBytes.text("hi"))
      talk.acknowledge(.client)
      talk.finish(.server)
      return talk
    }
    let outer = (0..<3).map {
      leg("10.9.1.2:\(40000 + $0)", "10.9.1.1:80", at: Double($0), UInt32($0) * 100_003)
    }
    let inner = (0..<2).map {
      leg("10.9.2.1:\(50000 + $0)", "10.9.2.2:9900", at: Double($0) + 0.5, UInt32($0) * 70_001 + 31)
    }
    let sessions = Stages.sessions(ofCaptures: [
      TestPacket.merged(outer.map(\.packets)).shifted(by: shift), TestPacket.merged(inner.map(\.packets)),
    ])
    #expect(sessions.map(\.legs.count).allSatisfy { $0 == 1 })
  }

  @Test(arguments: [0.0, -3, 3])
  func `many sessions of two captures pair without a mistake`(shift: Double) {
    let talks = (1...20).map { Self.closed($0, at: Double($0) * 0.01) }
    let sessions = Stages.sessions(ofCaptures: [
      TestPacket.merged(talks.map(\.outerPackets)).shifted(by: shift),
      TestPacket.merged(talks.map(\.innerPackets)),
    ])
    #expect(sessions.count == 20)
    #expect(sessions.allSatisfy { Self.clients($0) == ["10.9.1.2", "127.0.0.6"] })
    #expect(
      sessions.allSatisfy {
        $0.legs[0].connection.client.port == $0.legs[1].connection.client.port
      })
  }

  // MARK: Recordings

  struct View: Hashable {
    var verdict: Verdict
    var clients: [String]
    var code: UInt16?
    var teardown: TeardownParty?

    init(_ session: Session) {
      verdict = session.verdict
      clients = session.legs.map { "\($0.connection.client)" }
      code = session.close?.seen.body.code?.rawValue
      teardown = session.teardown?.by
    }
  }

  static let folders: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: FindingSampleTests.root)) ?? []
    // Of the largest, the packets are many and the sessions alike.
    return names.filter { !$0.hasPrefix("lost-close") }.sorted()
  }()

  static let pairs = [["client.pcap", "pod.pcap"], ["pod.pcap", "gateway.pcap"]]

  @Test(arguments: folders, pairs)
  func `a recording shows the same with any clock`(folder: String, captures: [String]) throws {
    let paths = captures.map { "\(FindingSampleTests.root)/\(folder)/\($0)" }
    guard paths.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { return }
    let packets = try paths.map { try TestPacket.read($0) }
    let expected = Set(Stages.sessions(ofCaptures: packets).map { View($0) })
    for shift in [0.001, -0.001, 0.0045, -0.0045, 0.05, -0.05, 3, -3] {
      let sessions = Stages.sessions(ofCaptures: [packets[0].shifted(by: shift), packets[1]])
      #expect(Set(sessions.map { View($0) }) == expected, "\(shift) s")
      for session in sessions { #expect(session.judgement.delivery.latency ?? 0 >= 0, "\(shift) s") }
    }
  }
}
