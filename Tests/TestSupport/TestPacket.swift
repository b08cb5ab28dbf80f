import Capture

/// A packet that a test makes up: its segment and payload.
package struct TestPacket: Hashable, Sendable {
  package var segment: TCPSegment
  package var payload: [UInt8] {
    didSet { segment.print = Self.print(of: payload) }
  }

  package init(segment: TCPSegment, payload: [UInt8]) {
    self.segment = segment
    self.payload = payload
    self.segment.print = Self.print(of: payload)
  }

  private static func print(of payload: [UInt8]) -> PayloadPrint {
    PayloadPrint(payload.span, 0..<payload.count)
  }

  /// Gives consecutive numbers to packets, in the order in which a capture would hold them.
  package static func numbered(_ packets: [TestPacket]) -> [TestPacket] {
    packets.enumerated().map { index, packet in
      var packet = packet
      packet.segment.packet.number = UInt64(index + 1)
      return packet
    }
  }

  /// The packets of several connections as one capture holds them, in the order of time.
  package static func merged(_ connections: [[TestPacket]]) -> [TestPacket] {
    let all = connections.flatMap { $0 }.enumerated().sorted {
      ($0.element.segment.packet.time, $0.offset) < ($1.element.segment.packet.time, $1.offset)
    }
    return numbered(all.map(\.element))
  }
}

extension [TestPacket] {
  /// Every payload cut into pieces of at most `size` bytes, each a packet of its own. FIN stays on the last.
  package func cut(into size: Int) -> [TestPacket] {
    TestPacket.numbered(
      flatMap { packet -> [TestPacket] in
        guard packet.payload.count > size else { return [packet] }
        return stride(from: 0, to: packet.payload.count, by: size).map { start in
          let piece = Array<UInt8>(packet.payload[start..<Swift.min(start + size, packet.payload.count)])
          var part = packet
          part.payload = piece
          part.segment.sequence = packet.segment.sequence + UInt32(start)
          part.segment.payloadLength = piece.count
          part.segment.payload = 0..<piece.count
          if start + size < packet.payload.count { part.segment.flags.remove(.fin) }
          return part
        }
      })
  }

  /// Every packet twice, as a bridge or `-i any` shows it.
  package var doubled: [TestPacket] { TestPacket.numbered(flatMap { [$0, $0] }) }

  /// As a machine captures them whose clock is `seconds` ahead.
  package func shifted(by seconds: Double) -> [TestPacket] {
    map { packet in
      var packet = packet
      packet.segment.packet.time.nanoseconds += Int64((seconds * 1e9).rounded())
      return packet
    }
  }

  /// Only the first `length` payload bytes of each packet captured.
  package func snapped(to length: Int) -> [TestPacket] {
    map { packet in
      var packet = packet
      packet.payload = Array<UInt8>(packet.payload.prefix(length))
      packet.segment.payload = 0..<packet.payload.count
      return packet
    }
  }

  /// Packets exchanged at random with others not further than `distance` places away.
  package func shuffled(distance: Int, seed: UInt64) -> [TestPacket] {
    var random = SeededGenerator(seed: seed)
    let keyed = enumerated().map { index, packet in
      (key: index + Int.random(in: 0...distance, using: &random), index: index, packet: packet)
    }
    return TestPacket.numbered(
      keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.packet))
  }
}

/// SplitMix64: the same numbers at every run.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
