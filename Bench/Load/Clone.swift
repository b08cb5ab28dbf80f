/// One session of the capture that is made: a pattern, and all that is its own.
struct Clone {
  let pattern: Int
  /// Its first packet's time, in nanoseconds.
  let start: Int64
  private let seed: UInt64
  /// What is added to the sequence numbers of each direction.
  private let shifts: [UInt32]
  private let clientPorts: [UInt16]
  private let client: UInt32
  private let server: UInt32
  private let tokens: [UInt8]

  /// - Parameter number: which one it is; what must be unique comes from it.
  init(_ number: Int, of pattern: Int, _ patterns: [Pattern], start: Int64, seed: UInt64) {
    var random = SplitMix64(seed: seed, number: UInt64(number))
    self.pattern = pattern
    self.start = start
    self.seed = random.next()
    let pattern = patterns[pattern]
    shifts = (0..<pattern.legs * 2).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    clientPorts = (0..<pattern.legs).map { ClientPort.of(number, leg: $0) }
    client = 0x0a40_0000 | UInt32(truncatingIfNeeded: random.next()) & 0x3f_ffff
    // Captures of several seeds are of several networks.
    server = 0x0a80_0000 + UInt32(seed & 0x3f) << 16 + UInt32(number / ClientPort.all.count) + 1
    tokens = FreshToken.all(&random)
  }

  /// Adds one of its packets, from the link header on.
  func append(_ place: Pattern.Place, of pattern: Pattern, to output: inout [UInt8]) {
    let packet = pattern.packets[place.packet]
    let begin = output.count
    output.append(contentsOf: pattern.bytes[packet.bytes])
    writeAddresses(pattern, packet, place, at: begin + RecordedPacket.ip, to: &output)
    writeHeader(pattern, packet, place, at: begin, to: &output)
    for change in pattern.changes[packet.changes] {
      write(change, pattern, packet.direction, place, at: begin, to: &output)
    }
  }

  private func writeAddresses(
    _ pattern: Pattern, _ packet: Pattern.Packet, _ place: Pattern.Place, at ip: Int,
    to output: inout [UInt8]
  ) {
    let leg = pattern.addresses[packet.direction.leg]
    let isClient = packet.direction.isClient
    output.setBigEndian32(address(isClient ? leg.client : leg.server), at: ip + 12)
    output.setBigEndian32(address(isClient ? leg.server : leg.client), at: ip + 16)
    if place.round > 0 {
      // A host counts its packets.
      let step = UInt16(truncatingIfNeeded: place.round &* (pattern.round?.packets.count ?? 0))
      output.setBigEndian16(output.bigEndian16(at: ip + 4) &+ step, at: ip + 4)
    }
    output.setBigEndian16(0, at: ip + 10)
    var sum: UInt32 = 0
    for offset in stride(from: ip, to: ip + packet.tcp - RecordedPacket.ip, by: 2) {
      sum += UInt32(output.bigEndian16(at: offset))
    }
    sum = sum & 0xffff + sum >> 16
    sum = sum & 0xffff + sum >> 16
    output.setBigEndian16(~UInt16(sum), at: ip + 10)
  }

  private func address(_ address: Pattern.Address) -> UInt32 {
    switch address {
    case .client: client
    case .server: server
    case .loopback(let bits): bits
    }
  }

  /// The TCP checksum stays that of the recording, which is wrong already where the kernel left it to the card.
  private func writeHeader(
    _ pattern: Pattern, _ packet: Pattern.Packet, _ place: Pattern.Place, at begin: Int,
    to output: inout [UInt8]
  ) {
    let tcp = begin + packet.tcp
    let direction = packet.direction
    output.setBigEndian16(clientPorts[direction.leg], at: tcp + (direction.isClient ? 0 : 2))
    output.setBigEndian32(packet.sequence &+ shift(direction, place, pattern), at: tcp + 4)
    guard let acknowledgment = packet.acknowledgment else { return }
    let opposite = shift(direction.opposite, place, pattern)
    output.setBigEndian32(acknowledgment &+ opposite, at: tcp + 8)
    for offset in stride(from: begin + packet.sack.lowerBound, to: begin + packet.sack.upperBound, by: 4) {
      output.setBigEndian32(output.bigEndian32(at: offset) &+ opposite, at: offset)
    }
    guard place.round > 0, let round = pattern.round, let timestamps = packet.timestamps else { return }
    let milliseconds = UInt32(truncatingIfNeeded: round.duration * Int64(place.round) / 1_000_000)
    for offset in [begin + timestamps, begin + timestamps + 4] {
      output.setBigEndian32(output.bigEndian32(at: offset) &+ milliseconds, at: offset)
    }
  }

  private func shift(
    _ direction: RecordedSession.Direction, _ place: Pattern.Place, _ pattern: Pattern
  ) -> UInt32 {
    let bytes = (pattern.round?.parts[direction.number].count ?? 0) * place.round
    return shifts[direction.number] &+ UInt32(truncatingIfNeeded: bytes)
  }

  private func write(
    _ change: Change, _ pattern: Pattern, _ direction: RecordedSession.Direction, _ place: Pattern.Place,
    at begin: Int, to output: inout [UInt8]
  ) {
    switch change.kind {
    case .token(let from):
      for (index, byte) in zip(change.range, tokens[from..<from + change.range.count]) {
        output[begin + index] = byte
      }
    case .mask(let frame, let phase):
      // Both legs of a session carry the same frames: the number of a frame decides.
      let number = frame + place.round * (pattern.round?.frames[direction.number] ?? 0)
      let bits = UInt32(truncatingIfNeeded: SplitMix64.mix(seed &+ UInt64(number)))
      for (index, position) in zip(change.range, phase...) {
        output[begin + index] ^= UInt8(truncatingIfNeeded: bits >> (24 - 8 * UInt32(position & 3)))
      }
    }
  }
}
