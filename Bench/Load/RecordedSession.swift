import Capture

/// A session of a recording with all its legs, or another connection alone.
struct RecordedSession {
  var sample: String
  var legs: [RecordedConnection]
  /// The packets of all legs, in the order in which they were captured.
  var packets: [(packet: RecordedPacket, direction: Direction)] = []

  /// What one end of one leg sends. The directions of all legs are numbered.
  struct Direction: Hashable {
    var number: Int

    init(leg: Int, isClient: Bool) { number = leg * 2 + (isClient ? 0 : 1) }

    var leg: Int { number / 2 }
    var isClient: Bool { number % 2 == 0 }
    var opposite: Direction { Direction(leg: leg, isClient: !isClient) }
  }

  init(sample: String, legs: [RecordedConnection]) {
    self.sample = sample
    self.legs = legs
    for (number, leg) in legs.enumerated() {
      packets += leg.packets.map {
        ($0, Direction(leg: number, isClient: $0.segment.source == leg.client))
      }
    }
    packets.sort { $0.packet.segment.packet.number < $1.packet.segment.packet.number }
  }

  /// The first WebSocket of a recording, with the legs on both sides of the proxy: the same
  /// `Sec-WebSocket-Key` tells them.
  static func webSocket(in sample: String, folder: String) throws -> RecordedSession {
    let connections = try RecordedConnections.read("\(folder)/\(sample)")
    let keys = try connections.map { try $0.stream(from: $0.client).value(FreshToken.key.field) }
    guard let key = keys.lazy.compactMap({ $0 }).first else {
      throw SampleError(sample: sample, problem: "no WebSocket in it is whole")
    }
    let legs = zip(connections, keys).filter { $0.1 == key }.map(\.0)
    guard legs.count == 2 else {
      throw SampleError(sample: sample, problem: "its first WebSocket has \(legs.count) legs, not 2")
    }
    return RecordedSession(sample: sample, legs: legs)
  }

  /// The first connection of a recording.
  static func connection(in sample: String, folder: String) throws -> RecordedSession {
    guard let first = try RecordedConnections.read("\(folder)/\(sample)").first else {
      throw SampleError(sample: sample, problem: "no connection in it is whole")
    }
    return RecordedSession(sample: sample, legs: [first])
  }

  /// What was sent in each direction, by the direction's number.
  func streams() throws(SampleError) -> [RecordedStream] {
    var streams: [RecordedStream] = []
    for leg in legs.indices {
      for isClient in [true, false] {
        let direction = Direction(leg: leg, isClient: isClient)
        streams.append(try RecordedStream(packets.filter { $0.direction == direction }.map(\.packet)))
      }
    }
    return streams
  }
}
