import TCPReassembly

/// The events that still count when a leg is recognised late: how far was acknowledged, and the ends.
struct StreamMemory {
  private var acknowledged: [Side: StreamEvent] = [:]
  private var ends: [StreamEvent] = []
  /// FIN and RST of either side.
  private static let maxEnds = 4

  var events: [StreamEvent] { Array(acknowledged.values) + ends }

  mutating func keep(_ event: StreamEvent) {
    switch event {
    case .acknowledged(let side, _, _): acknowledged[side] = event
    case .ended where ends.count < Self.maxEnds: ends.append(event)
    default: break
    }
  }

  var flipped: StreamMemory {
    var other = StreamMemory()
    for event in events { other.keep(event.flipped) }
    return other
  }
}
