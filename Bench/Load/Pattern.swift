import Capture

/// A recorded session, laid out so that a clone of it is a copy and a few writes a packet.
struct Pattern {
  /// One packet of all clones.
  struct Packet {
    /// Its bytes among those of the pattern.
    var bytes: Range<Int>
    /// Nanoseconds after the first.
    var time: Int64
    var direction: RecordedSession.Direction
    var sequence: UInt32
    /// `nil` without ACK.
    var acknowledgment: UInt32?
    /// Where in the packet the TCP header begins.
    var tcp: Int
    /// Where in the packet the SACK blocks stand.
    var sack: Range<Int>
    /// Where in the packet the two values of the timestamps option stand, if it has one.
    var timestamps: Int?
    /// Its changes among those of the pattern.
    var changes: Range<Int>
  }

  /// What becomes of an address.
  enum Address {
    case client, server
    /// A loopback address stays.
    case loopback(UInt32)

    init(_ address: IPAddress, server: IPAddress) {
      self =
        address.isLoopback
        ? .loopback(UInt32(truncatingIfNeeded: address.low)) : address == server ? .server : .client
    }
  }

  let sample: String
  private(set) var bytes: [UInt8] = []
  private(set) var packets: [Packet] = []
  private(set) var changes: [Change] = []
  /// The addresses of each leg, client's and server's.
  let addresses: [(client: Address, server: Address)]
  let serverPorts: [UInt16]
  /// What is repeated; `nil` if nothing is.
  let round: Round?
  let rounds: Int
  /// WebSocket frames in all legs, rounds and all.
  private(set) var frames = 0
  /// When the recording began.
  let beginning: Int64

  var legs: Int { addresses.count }

  /// - Parameter rounds: how often the messages come.
  init(_ session: RecordedSession, rounds: Int = 1) throws(SampleError) {
    sample = session.sample
    let pod = session.legs[0].server.address
    addresses = session.legs.map {
      (Address($0.client.address, server: pod), Address($0.server.address, server: pod))
    }
    serverPorts = session.legs.map(\.server.port)
    beginning = session.time(0)
    self.rounds = rounds
    round = rounds > 1 ? try Round(of: session) : nil
    let streams = try session.streams()
    frames = streams.reduce(0) { $0 + ($1.isWebSocket ? $1.frames.count : 0) }
    if let round { frames += (rounds - 1) * round.frames.reduce(0, +) }
    var streamChanges: [[Change]] = []
    for stream in streams { streamChanges.append(try stream.changes(in: sample)) }
    for (packet, direction) in session.packets {
      let offset = streams[direction.number].offset(of: packet.segment.sequence)
      add(
        packet, direction,
        streamChanges[direction.number].compactMap {
          $0.part(in: offset..<offset + packet.payload.count, payload: packet.segment.payload.lowerBound)
        })
    }
  }

  private mutating func add(
    _ packet: RecordedPacket, _ direction: RecordedSession.Direction, _ new: [Change]
  ) {
    packets.append(
      Packet(
        bytes: bytes.count..<bytes.count + packet.bytes.count,
        time: packet.segment.packet.time.nanoseconds - beginning, direction: direction,
        sequence: packet.segment.sequence.rawValue,
        acknowledgment: packet.segment.flags.contains(.ack) ? packet.segment.acknowledgment.rawValue : nil,
        tcp: packet.tcp, sack: packet.option(RecordedPacket.selectiveAcknowledgment) ?? 0..<0,
        timestamps: packet.option(RecordedPacket.timestamps)?.lowerBound,
        changes: changes.count..<changes.count + new.count))
    bytes += packet.bytes
    changes += new
  }

  /// A packet of a clone: which one, and in which round.
  struct Place {
    var packet = 0
    var round = 0
  }

  /// - Returns: `nil` behind the last one.
  func place(after place: Place) -> Place? {
    var next = Place(packet: place.packet + 1, round: place.round)
    if let round, next.packet == round.packets.upperBound, next.round < rounds - 1 {
      next = Place(packet: round.packets.lowerBound, round: next.round + 1)
    }
    return next.packet < packets.count ? next : nil
  }

  /// Nanoseconds from the clone's beginning.
  func time(_ place: Place) -> Int64 {
    packets[place.packet].time + Int64(place.round) * (round?.duration ?? 0)
  }

  /// Nanoseconds from a clone's first packet to its last.
  var duration: Int64 { time(Place(packet: packets.count - 1, round: rounds - 1)) }

  var packetCount: Int { packets.count + (rounds - 1) * (round?.packets.count ?? 0) }
}
