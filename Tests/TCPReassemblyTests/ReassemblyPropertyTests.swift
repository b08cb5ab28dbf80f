import Capture
import Limits
import Streams
import TCPReassembly
import TestSupport
import Testing

/// How a capture shows a conversation does not change what was said.
@Suite struct ReassemblyPropertyTests {
  /// Both sides talk, acknowledge and finish; what they say differs with the seed.
  static func conversation(_ seed: UInt64, pause: Double = 0) -> [TestPacket] {
    var random = SeededGenerator(seed: seed)
    var conversation = Conversation(
      clientISN: .random(in: .min ... .max, using: &random),
      serverISN: .max - .random(in: 0...400, using: &random))
    conversation.open()
    for _ in 0..<40 {
      conversation.time += pause
      let side: Side = Bool.random(using: &random) ? .client : .server
      let count = Int.random(in: 0...60, using: &random)
      conversation.send(side, (0..<count).map { _ in UInt8.random(in: 0x20...0x7e, using: &random) })
    }
    conversation.time += pause
    conversation.finish(Bool.random(using: &random) ? .client : .server)
    return conversation.packets
  }

  static func expectSame(
    _ packets: [TestPacket], as plain: Transcript, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let changed = Transcript.of(packets, sourceLocation: sourceLocation)
    for side in [Side.client, .server] {
      #expect(changed.text(side) == plain.text(side), sourceLocation: sourceLocation)
      #expect(changed.finOffsets(side) == plain.finOffsets(side), sourceLocation: sourceLocation)
      #expect(plain.finOffsets(side) == [UInt64(plain.text(side).utf8.count)], sourceLocation: sourceLocation)
      #expect(changed.gaps(side) == [], sourceLocation: sourceLocation)
    }
    #expect(changed.connections.count == 1, sourceLocation: sourceLocation)
    #expect(changed.lines.last == "closed ended", sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 2, 3, 7, 20, 59])
  func `cutting segments elsewhere changes nothing`(size: Int) {
    for seed: UInt64 in 1...10 {
      let packets = Self.conversation(seed)
      Self.expectSame(packets.cut(into: size), as: Transcript.of(packets))
    }
  }

  @Test(arguments: UInt64(1)...20)
  func `doubled packets change nothing`(seed: UInt64) {
    let packets = Self.conversation(seed)
    Self.expectSame(packets.doubled, as: Transcript.of(packets))
    Self.expectSame(packets.cut(into: 5).doubled, as: Transcript.of(packets))
  }

  @Test(arguments: UInt64(1)...20)
  func `packets out of order by a little change nothing`(seed: UInt64) {
    let packets = Self.conversation(seed)
    let plain = Transcript.of(packets)
    for distance in 1...6 {
      // The handshake stays in front: without it nothing tells where the streams begin.
      let shuffled = packets.prefix(3) + Array(packets.dropFirst(3)).shuffled(distance: distance, seed: seed)
      Self.expectSame(TestPacket.numbered(Array(shuffled)), as: plain)
    }
  }

  @Test(arguments: UInt64(1)...20)
  func `cut, doubled and out of order together change nothing`(seed: UInt64) {
    let packets = Self.conversation(seed)
    let cut = packets.cut(into: Int(seed))
    let shuffled = cut.prefix(3) + Array(cut.dropFirst(3)).doubled.shuffled(distance: 6, seed: seed)
    Self.expectSame(TestPacket.numbered(Array(shuffled)), as: Transcript.of(packets))
  }

  @Test(arguments: UInt64(1)...20, [0, 0.4, 1.5])
  func `dropped segments are gaps that complement what is delivered`(seed: UInt64, pause: Double) {
    let packets = Self.conversation(seed, pause: pause)
    var random = SeededGenerator(seed: seed)
    let kept = packets.filter { $0.payload.isEmpty || Int.random(in: 0..<4, using: &random) > 0 }
    let (plain, holed) = (Transcript.of(packets), Transcript.of(TestPacket.numbered(kept)))
    for side in [Side.client, .server] {
      let bytes = Array(plain.text(side).utf8)
      var missing = Set(bytes.indices)
      for case .bytes(let delivered, let chunk) in holed.entries where chunk.side == side {
        let range = Int(chunk.offset)..<Int(chunk.offset) + delivered.count
        #expect(delivered == Array(bytes[range]))
        missing.subtract(range)
      }
      #expect(holed.gaps(side).flatMap { $0.map { Int($0) } } == missing.sorted())
      #expect(holed.finOffsets(side) == [UInt64(bytes.count)])
    }
  }

  /// `Transcript.of` checks what must be true of every output.
  @Test(arguments: UInt64(1)...60)
  func `packets that nobody would send do no harm`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var options = Limits()
    options.maxHeldBytes = 4000
    options.maxTotalHeldBytes = 6000
    options.maxConnections = 4
    options.idleTimeout = 50
    let wild = (0..<300).map { _ in Self.wildPacket(&random) }
    let transcript = Transcript.of(TestPacket.numbered(wild), options: options)
    #expect(transcript.connections.count == Int(transcript.statistics.connections))
  }

  private static func wildPacket(_ random: inout SeededGenerator) -> TestPacket {
    var wire = Wire(client: "10.9.1.\(Int.random(in: 1...6, using: &random)):40000")
    wire.time = Double.random(in: 0...100, using: &random)
    if Int.random(in: 0..<50, using: &random) == 0 { wire.time = 9e9 }
    let spread: [Int64] = [3, 40, 2000, 1 << 31]
    func offset() -> Int64 {
      let limit = spread[Int.random(in: 0..<4, using: &random)]
      return Int64.random(in: -limit / 8...limit, using: &random)
    }
    let flags: [TCPFlags] = [
      .ack, .ack, .ack, .ack, [.ack, .fin], .syn, [.syn, .ack], .rst, [], [.rst, .ack],
    ]
    let length = Int.random(in: 0...20, using: &random)
    wire.send(
      Bool.random(using: &random) ? .client : .server, at: offset(),
      String(repeating: "x", count: Int.random(in: 0...length, using: &random)), length: length,
      flags: flags[Int.random(in: 0..<flags.count, using: &random)], acknowledging: offset(),
      window: UInt16.random(in: 0...1, using: &random))
    return wire.packets[0]
  }
}
