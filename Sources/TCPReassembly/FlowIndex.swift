import Capture
import Streams

/// Which slot of some array has a key: open addressing over dense slots. The hash is seeded, so that nobody can choose ports
/// that all land in one place.
struct FlowIndex {
  /// Slot + 1 by hash, 0 where free; a power of two, at most a quarter full: to find another key first costs more than all
  /// the rest.
  private var buckets = [UInt32](repeating: 0, count: 64)
  private var count = 0
  private let seed: (UInt64, UInt64)

  init() {
    var random = SystemRandomNumberGenerator()
    seed = (random.next() | 1, random.next() | 1)
  }

  /// - Parameter hasKey: whether a slot has the key.
  @inline(__always)
  func slot(of key: FlowKey, _ hasKey: (Int) -> Bool) -> Int? {
    var bucket = home(of: key)
    while buckets[bucket] != 0 {
      let slot = Int(buckets[bucket] - 1)
      if hasKey(slot) { return slot }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  /// Adds a key that is not there.
  ///
  /// - Parameter key: that of any slot which was added before.
  mutating func insert(_ new: FlowKey, slot: Int, key: (Int) -> FlowKey) {
    if (count + 1) * 4 > buckets.count { grow(key) }
    count += 1
    place(new, slot)
  }

  /// Removes a key that is there.
  ///
  /// - Parameter key: as in `insert`, also of the slot that goes.
  mutating func remove(slot: Int, key: (Int) -> FlowKey) {
    let mask = buckets.count - 1
    var hole = home(of: key(slot))
    while buckets[hole] != UInt32(slot + 1) { hole = (hole + 1) & mask }
    count -= 1
    // Moves back what had been pushed beyond the bucket that is free now, so that no search ends early.
    var bucket = (hole + 1) & mask
    while buckets[bucket] != 0 {
      let home = home(of: key(Int(buckets[bucket] - 1)))
      if (bucket - home) & mask >= (bucket - hole) & mask {
        buckets[hole] = buckets[bucket]
        hole = bucket
      }
      bucket = (bucket + 1) & mask
    }
    buckets[hole] = 0
  }

  private mutating func place(_ key: FlowKey, _ slot: Int) {
    var bucket = home(of: key)
    while buckets[bucket] != 0 { bucket = (bucket + 1) & (buckets.count - 1) }
    buckets[bucket] = UInt32(slot + 1)
  }

  private mutating func grow(_ key: (Int) -> FlowKey) {
    let old = buckets
    buckets = [UInt32](repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 { place(key(Int(entry - 1)), Int(entry - 1)) }
  }

  @inline(__always)
  private func home(of key: FlowKey) -> Int {
    var hash = seed.0
    hash = (hash ^ key.lowAddress.high).mixed(with: key.lowAddress.low ^ seed.1)
    hash = (hash ^ key.highAddress.high).mixed(with: key.highAddress.low ^ seed.1)
    hash = (hash ^ key.places).mixed(with: seed.1)
    return Int(truncatingIfNeeded: hash) & (buckets.count - 1)
  }
}
