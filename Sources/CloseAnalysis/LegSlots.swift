import Capture
import Streams
import WSDecode

/// The legs that have not ended, by their slots: each frame is a look at one place of an array.
struct LegSlots: Sendable {
  private var ids: [LegID?] = []
  private var legs: [Leg?] = []
  private(set) var count = 0

  /// In the order of their slots.
  var all: [(id: LegID, leg: Leg)] {
    zip(ids, legs).compactMap { id, leg in
      guard let id, let leg else { return nil }
      return (id, leg)
    }
  }

  subscript(id: LegID) -> Leg? { contains(id) ? legs[id.slot] : nil }

  func contains(_ id: LegID) -> Bool { id.slot < ids.count && ids[id.slot] == id }

  mutating func open(_ leg: Leg, _ id: LegID) {
    while ids.count <= id.slot {
      ids.append(nil)
      legs.append(nil)
    }
    ids[id.slot] = id
    legs[id.slot] = leg
    count += 1
  }

  /// - Returns: false if there is no such leg.
  mutating func take(_ event: LegEvent, on id: LegID) -> Bool {
    guard contains(id) else { return false }
    legs[id.slot]?.take(event)
    return true
  }

  /// - Returns: false if there is no such leg.
  mutating func count(_ frames: Span<Frame>, on id: LegID) -> Bool {
    guard contains(id) else { return false }
    legs[id.slot]?.count(frames)
    return true
  }

  mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on id: LegID) {
    if contains(id) { legs[id.slot]?.acknowledge(side, upTo: upTo, packet) }
  }

  mutating func end(_ id: LegID) -> Leg? {
    guard let leg = self[id] else { return nil }
    ids[id.slot] = nil
    legs[id.slot] = nil
    count -= 1
    return leg
  }
}
