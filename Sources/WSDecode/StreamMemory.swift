import Streams

/// What a leg has to be told that is opened after its connection: where the streams began and what TLS tells of
/// them; and one that is recognised late also how far was acknowledged, and the ends.
struct StreamMemory {
  private(set) var beginnings: [StreamEvent] = []
  private var acknowledged: [Side: StreamEvent] = [:]
  private var ends: [StreamEvent] = []
  /// FIN and RST of either side.
  private static let maxEnds = 4

  var late: [StreamEvent] { Array(acknowledged.values) + ends }

  mutating func keep(_ event: StreamEvent) {
    switch event {
    case .began: beginnings.append(event)
    case .secured:
      beginnings.removeAll { if case .secured = $0 { true } else { false } }
      beginnings.append(event)
    case .acknowledged(let side, _, _): acknowledged[side] = event
    case .ended where ends.count < Self.maxEnds: ends.append(event)
    default: break
    }
  }

  var flipped: StreamMemory {
    var other = StreamMemory()
    for event in beginnings + late { other.keep(event.flipped) }
    return other
  }
}
