import WSDecode

/// The legs that have not ended, by their slots: each frame is a look at one place of an array.
struct LegSlots: Sendable {
  private var legs: [(id: LegID, leg: Leg)?] = []
  private(set) var count = 0

  /// In the order of their slots.
  var all: [(id: LegID, leg: Leg)] { legs.compactMap { $0 } }

  subscript(id: LegID) -> Leg? {
    guard id.slot < legs.count, let entry = legs[id.slot], entry.id == id else { return nil }
    return entry.leg
  }

  func contains(_ id: LegID) -> Bool { id.slot < legs.count && legs[id.slot]?.id == id }

  mutating func open(_ leg: Leg, _ id: LegID) {
    while legs.count <= id.slot { legs.append(nil) }
    legs[id.slot] = (id, leg)
    count += 1
  }

  /// - Returns: false if there is no such leg.
  mutating func take(_ event: LegEvent, on id: LegID) -> Bool {
    guard contains(id) else { return false }
    legs[id.slot]?.leg.take(event)
    return true
  }

  /// - Returns: false if there is no such leg.
  mutating func count(_ frame: Frame, on id: LegID) -> Bool {
    guard contains(id) else { return false }
    legs[id.slot]?.leg.count(frame)
    return true
  }

  mutating func end(_ id: LegID) -> Leg? {
    guard let leg = self[id] else { return nil }
    legs[id.slot] = nil
    count -= 1
    return leg
  }
}
