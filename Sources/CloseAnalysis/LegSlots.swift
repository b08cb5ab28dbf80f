import Capture
import Streams
import WSDecode

/// What is kept of legs that have not ended, by their slots: each event is a look at one place of an array.
struct LegSlots<Value> {
  private var ids: [LegID?] = []
  private var values: [Value?] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// In the order of their slots.
  var all: [(id: LegID, value: Value)] {
    zip(ids, values).compactMap { id, value in
      guard let id, let value else { return nil }
      return (id, value)
    }
  }

  /// In the order of their slots.
  func forEach(_ body: (Value) -> Void) {
    for case .some(let value) in values { body(value) }
  }

  subscript(id: LegID) -> Value? { contains(id) ? values[id.slot] : nil }

  func contains(_ id: LegID) -> Bool { id.slot < ids.count && ids[id.slot] == id }

  mutating func open(_ value: Value, _ id: LegID) {
    while ids.count <= id.slot {
      ids.append(nil)
      values.append(nil)
    }
    ids[id.slot] = id
    values[id.slot] = value
    count += 1
  }

  /// - Returns: false if there is no such leg.
  @inline(__always)
  @discardableResult mutating func change(_ id: LegID, _ body: (inout Value) -> Void) -> Bool {
    guard contains(id) else { return false }
    body(&values[id.slot]!)
    return true
  }

  mutating func end(_ id: LegID) -> Value? {
    guard let value = self[id] else { return nil }
    ids[id.slot] = nil
    values[id.slot] = nil
    count -= 1
    return value
  }
}

extension LegSlots: Sendable where Value: Sendable {}

extension LegSlots<Leg> {
  /// - Returns: false if there is no such leg.
  mutating func take(_ event: LegEvent, on id: LegID) -> Bool { change(id) { $0.take(event) } }

  /// - Returns: false if there is no such leg.
  mutating func count(_ frame: Frame, on id: LegID) -> Bool { change(id) { $0.count(frame) } }

  /// - Returns: false if there is no such leg.
  mutating func count(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on id: LegID
  ) -> Bool {
    change(id) { $0.count(frames, of: side, in: packet) }
  }

  mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on id: LegID) {
    change(id) { $0.acknowledge(side, upTo: upTo, packet) }
  }
}
