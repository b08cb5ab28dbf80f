/// The clones that are open at one time of the capture, the one with the earliest packet first.
struct OpenClones {
  struct Slot {
    var clone: Clone
    var departures: Departures

    /// When its next packet comes; `nil` at its end.
    var time: Int64? { departures.next.map { clone.start + $0.time } }
  }
  private var slots: [Slot]
  private var queue = TimeQueue()

  /// Clones that lost every packet are none.
  init(first: [Slot]) {
    slots = first
    for (number, slot) in first.enumerated() {
      if let time = slot.time { queue.insert(TimeQueue.Entry(time: time, number: number)) }
    }
  }

  var count: Int { slots.count }
  var first: (slot: Int, time: Int64)? { queue.first.map { ($0.number, $0.time) } }

  subscript(slot: Int) -> Slot { slots[slot] }

  func append(_ slot: Int, of patterns: [Pattern], to output: inout [UInt8]) {
    guard let next = slots[slot].departures.next else { return }
    slots[slot].clone.append(next.place, of: patterns[slots[slot].clone.pattern], to: &output)
  }

  /// Goes on to the next packet of the first clone; false if there is none.
  mutating func advance(_ slot: Int, _ patterns: [Pattern]) -> Bool {
    slots[slot].departures.advance(patterns[slots[slot].clone.pattern])
    guard let time = slots[slot].time else { return false }
    queue.replaceFirst(TimeQueue.Entry(time: time, number: slot))
    return true
  }

  /// Puts another clone in place of the first, which has ended.
  mutating func replace(_ slot: Int, _ new: Slot) {
    slots[slot] = new
    if let time = new.time { queue.replaceFirst(TimeQueue.Entry(time: time, number: slot)) } else { end() }
  }

  /// Forgets the first clone.
  mutating func end() { queue.removeFirst() }
}
