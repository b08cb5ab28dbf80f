import Capture
import Streams

/// The two ends of a connection in a network namespace, the same for both directions. A tunnel is no part of it: see `Encapsulation`.
struct FlowKey: Equatable {
  var low: Endpoint
  var high: Endpoint
  var realm: UInt16

  init(_ a: Endpoint, _ b: Endpoint, realm: UInt16 = 0) {
    self.realm = realm
    (low, high) = a < b ? (a, b) : (b, a)
  }
}

/// Connections by their two ends: open addressing over dense slots. The hash is seeded, so that nobody
/// can choose ports that all land in one place.
struct FlowTable {
  private(set) var flows: [Flow] = []
  /// When the connection in each slot is to be looked at again, at the earliest; what is looked at with every packet is
  /// kept apart from the connections, which are large.
  private(set) var looks: [Timestamp] = []
  private var freeSlots: [Int] = []
  /// Slot + 1 by hash, 0 where free; a power of two, at most half full.
  private var buckets = [UInt32](repeating: 0, count: 64)
  private let seed: (UInt64, UInt64)

  init() {
    var random = SystemRandomNumberGenerator()
    seed = (random.next() | 1, random.next() | 1)
  }

  var count: Int { flows.count - freeSlots.count }

  func slot(of key: FlowKey) -> Int? {
    var bucket = home(of: key)
    while buckets[bucket] != 0 {
      let slot = Int(buckets[bucket] - 1)
      if flows[slot].key == key { return slot }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  /// Adds a connection that is not in the table; `make` gets the slot that it will have.
  mutating func insert(_ key: FlowKey, _ make: (Int) -> Flow) -> Int {
    if (count + 1) * 2 > buckets.count { grow() }
    let slot = freeSlots.popLast() ?? flows.count
    let flow = make(slot)
    if slot == flows.count {
      flows.append(flow)
      looks.append(.distantPast)
    } else {
      flows[slot] = flow
      looks[slot] = .distantPast
    }
    place(slot)
    return slot
  }

  mutating func remove(slot: Int) {
    var hole = home(of: flows[slot].key)
    while buckets[hole] != UInt32(slot + 1) { hole = (hole + 1) & (buckets.count - 1) }
    flows[slot].vacate()
    looks[slot] = .distantFuture
    freeSlots.append(slot)
    closeUp(hole)
  }

  mutating func look(at slot: Int, from time: Timestamp) { looks[slot] = time }

  /// Changes a connection in place, and counts what it has to give up.
  mutating func withFlow<R>(
    slot: Int, _ statistics: inout ReassemblyStatistics,
    _ body: (inout Flow, inout ReassemblyStatistics) -> R
  ) -> R {
    body(&flows[slot], &statistics)
  }

  /// Takes a segment that is as its connection expects; false if it is not, and nothing has changed.
  @inline(__always)
  mutating func predict(
    _ segment: TCPSegment, in frame: Span<UInt8>, slot: Int, _ sink: inout some StreamSink
  ) -> Bool {
    flows[slot].predict(segment, in: frame, &sink)
  }

  private mutating func place(_ slot: Int) {
    var bucket = home(of: flows[slot].key)
    while buckets[bucket] != 0 { bucket = (bucket + 1) & (buckets.count - 1) }
    buckets[bucket] = UInt32(slot + 1)
  }

  /// Moves back what had been pushed beyond a bucket that is now free, so that no search ends early.
  private mutating func closeUp(_ free: Int) {
    let mask = buckets.count - 1
    var hole = free
    var bucket = (hole + 1) & mask
    while buckets[bucket] != 0 {
      let home = home(of: flows[Int(buckets[bucket] - 1)].key)
      if (bucket - home) & mask >= (bucket - hole) & mask {
        buckets[hole] = buckets[bucket]
        hole = bucket
      }
      bucket = (bucket + 1) & mask
    }
    buckets[hole] = 0
  }

  private mutating func grow() {
    let old = buckets
    buckets = [UInt32](repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 { place(Int(entry - 1)) }
  }

  @inline(__always)
  private func home(of key: FlowKey) -> Int {
    var hash = seed.0
    hash = (hash ^ key.low.address.high).mixed(with: key.low.address.low ^ seed.1)
    hash = (hash ^ key.high.address.high).mixed(with: key.high.address.low ^ seed.1)
    let places = UInt64(key.realm) << 32 | UInt64(key.low.port) << 16 | UInt64(key.high.port)
    hash = (hash ^ places).mixed(with: seed.1)
    return Int(truncatingIfNeeded: hash) & (buckets.count - 1)
  }
}
