import Capture
import Streams
import TCPReassembly
import TestSupport
import Testing

/// What a live capture tells besides packets: namespaces, and time.
@Suite struct LiveNoticeTests {
  static func opened(realm: UInt16, at time: Double = 0) -> [TestPacket] {
    var wire = Wire(client: "127.0.0.1:40000", server: "127.0.0.1:80", at: time)
    wire.open()
    return wire.packets.map { packet in
      var packet = packet
      packet.segment.realm = realm
      return packet
    }
  }

  static func taken(_ packets: [TestPacket], _ transcript: inout Transcript) -> Reassembler {
    var reassembler = Reassembler()
    for packet in packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &transcript)
    }
    return reassembler
  }

  static func time(_ seconds: Double) -> CaptureNotice {
    let time = Timestamp(nanoseconds: Int64(seconds * 1e9))
    return .time(packets: time, steady: time)
  }

  @Test func `a connection that its FINs have ended is in memory and has ended`() {
    var wire = Wire.opened
    var open = Transcript()
    #expect(Self.taken(wire.packets, &open).unendedConnections == 1)
    wire.fin(.server, at: 0)
    wire.fin(.client, at: 0, acknowledging: 1)
    wire.acknowledge(.server, 1)
    var ended = Transcript()
    let reassembler = Self.taken(wire.packets, &ended)
    #expect(reassembler.openConnections == 1 && reassembler.unendedConnections == 0)
  }

  @Test func `equal ends in two namespaces are two connections`() {
    var transcript = Transcript()
    let packets = TestPacket.merged([Self.opened(realm: 1), Self.opened(realm: 2)])
    #expect(Self.taken(packets, &transcript).openConnections == 2)
    #expect(transcript.connections.map(\.realm) == [1, 2])
  }

  @Test func `of a namespace that is over the connections end, and no others`() {
    var transcript = Transcript()
    var reassembler = Self.taken(
      TestPacket.merged([Self.opened(realm: 1), Self.opened(realm: 2)]), &transcript)
    reassembler.receive(.ended(realm: 2), into: &transcript)
    #expect(reassembler.openConnections == 1)
    #expect(transcript.events.last == .closed(.captureEnded))
    reassembler.finish(into: &transcript)
    #expect(transcript.events.count { $0 == .closed(.captureEnded) } == 2)
  }

  static let ends: [(seconds: Double, isOver: Bool, reason: CloseReason?)] = [
    (0.05, true, nil), (0.2, true, .ended), (3, false, nil), (3599, false, nil), (3601, false, .idle),
    // The clock was set back: what is over is not kept for that.
    (-3600, true, .ended), (-3600, false, nil),
  ]

  @Test(arguments: ends)
  func `time alone ends what is over or silent`(seconds: Double, isOver: Bool, reason: CloseReason?) {
    var wire = Wire(at: 10_000)
    wire.open()
    if isOver {
      wire.fin(.server, at: 0)
      wire.fin(.client, at: 0, acknowledging: 1)
      wire.acknowledge(.server, 1)
    }
    var transcript = Transcript()
    var reassembler = Self.taken(wire.packets, &transcript)
    reassembler.receive(Self.time(wire.time + seconds), into: &transcript)
    #expect(
      transcript.events.last { if case .closed = $0 { true } else { false } } == reason.map { .closed($0) })
  }

  /// The server's bytes 3..<6 and what follows: whether its client has them, and what is told of them after 11 seconds, or
  /// after 5 where all was acknowledged to the FINs.
  static let holes: [(acknowledged: Int64, finish: Bool, told: [String])] = [
    (10, true, ["server gap 3..<6 notCaptured", "server 6 ghi", "server fin 9", "server acknowledged 10"]),
    (9, false, ["server gap 3..<6 notCaptured", "server 6 ghi", "server acknowledged 9"]),
    (3, false, []),
  ]

  @Test(arguments: holes)
  func `what the receiver of a silent connection has is not waited for`(
    acknowledged: Int64, finish: Bool, told: [String]
  ) {
    var wire = Wire.opened
    wire.send(.server, at: 0, "abc")
    wire.send(.server, at: 6, "ghi")
    if finish {
      wire.fin(.server, at: 9)
      wire.fin(.client, at: 0, acknowledging: acknowledged)
      wire.acknowledge(.server, 1)
    } else {
      wire.acknowledge(.client, acknowledged)
    }
    var transcript = Transcript()
    var reassembler = Self.taken(wire.packets, &transcript)
    let before = transcript.lines(.server).count
    reassembler.receive(Self.time(wire.time + (finish ? 2.5 : 9)), into: &transcript)
    #expect(transcript.lines(.server).count == before)
    let later = Self.time(wire.time + (finish ? 5 : 11))
    reassembler.receive(later, into: &transcript)
    let lines = transcript.lines(.server).dropFirst(before).map { $0.split(separator: " #")[0] }
    #expect(lines.map(String.init) == told)
    #expect((reassembler.heldCost > 0) == told.isEmpty)
    // What is over then is told at the next look.
    reassembler.receive(later, into: &transcript)
    #expect(reassembler.openConnections == (finish ? 0 : 1))
    #expect(transcript.events.contains(.closed(.ended)) == finish)
  }

  @Test func `a full look finds every silent connection`() {
    var transcript = Transcript()
    let packets = TestPacket.merged((1...500).map { Self.opened(realm: $0, at: Double($0) * 0.01) })
    var reassembler = Self.taken(packets, &transcript)
    #expect(reassembler.openConnections == 500)
    reassembler.receive(Self.time(10_000), into: &transcript)
    #expect(reassembler.openConnections == 0)
  }
}
