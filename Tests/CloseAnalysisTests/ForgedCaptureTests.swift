import Capture
import CloseAnalysis
import Foundation
import TestSupport
import Testing

/// Segments that neither side sent, in recorded captures: no verdict changes.
@Suite struct ForgedCaptureTests {
  /// What a session tells, to the packet.
  struct Facts: Equatable, CustomStringConvertible {
    var verdict: Verdict
    var reason: UndeterminedReason?
    var code: UInt16?
    var by: TeardownParty?
    var end: Int64?

    init(_ session: Session) {
      verdict = session.verdict
      reason = session.judgement.reason
      code = session.close?.seen.body.code?.rawValue
      by = session.teardown?.by
      end = session.teardown?.end.packet.time.nanoseconds
    }

    var description: String {
      "\(verdict) \(reason.map { "\($0)" } ?? "-") \(code.map(String.init) ?? "-") \(end ?? 0)"
    }
  }

  static func facts(_ packets: [TestPacket]) -> [Facts] {
    Stages.sessions(of: TestPacket.numbered(packets)).map { Facts($0) }
  }

  static let flags: [TCPFlags] = [
    .rst, [.rst, .ack], [.fin, .ack], .ack, [.psh, .ack], .syn, [.syn, .ack],
  ]

  /// Puts segments beside those of the capture, each like one that is near, but far from all windows: more than 2^30
  /// bytes, the largest there is.
  static func forge(_ packets: [TestPacket], count: Int, seed: UInt64) -> [TestPacket] {
    var random = SeededGenerator(seed: seed)
    var forged = packets
    for _ in 0..<count {
      let place = Int.random(in: min(8, forged.count - 1)..<forged.count, using: &random)
      var packet = forged[place]
      packet.segment.sequence =
        packet.segment.sequence + UInt32.random(in: 0x5000_0000...0xb000_0000, using: &random)
      packet.segment.flags = flags[Int.random(in: 0..<flags.count, using: &random)]
      packet.segment.identification = UInt16.random(in: 1...0xffff, using: &random)
      let bytes = WebSocketBytes.close(4999, "forged")
      let hasBytes = packet.segment.flags == [.psh, .ack]
      packet.payload = hasBytes ? bytes : []
      packet.segment.payloadLength = packet.payload.count
      packet.segment.payload = 0..<packet.payload.count
      forged.insert(packet, at: Int.random(in: place...min(place + 3, forged.count), using: &random))
    }
    return forged
  }

  @Test(arguments: LossTests.captures)
  func `forged segments change no verdict`(_ path: String) throws {
    try compare(path) { packets, _ in packets }
  }

  @Test(arguments: LossTests.captures)
  func `forged segments change no verdict where the beginning is missing`(_ path: String) throws {
    try compare(path) { packets, random in
      Array(packets.dropFirst(Int(random.next() % UInt64(max(1, packets.count / 2)))))
    }
  }

  @Test(arguments: LossTests.captures)
  func `forged segments change no verdict where packets are missing`(_ path: String) throws {
    try compare(path) { packets, random in packets.filter { _ in random.next() % 50 != 0 } }
  }

  private func compare(
    _ path: String, _ lose: ([TestPacket], inout SeededGenerator) -> [TestPacket],
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let packets = try TestPacket.read(path)
    let bytes = packets.reduce(1) { $0 + $1.payload.count + 64 }
    for seed in 0..<UInt64(min(8, max(2, 2_000_000 / bytes))) {
      var random = SeededGenerator(seed: seed)
      let rest = lose(packets, &random)
      guard rest.count > 12 else { continue }
      let forged = Self.forge(rest, count: 5, seed: seed + 1000)
      #expect(Self.facts(forged) == Self.facts(rest), "seed \(seed)", sourceLocation: location)
    }
  }
}
