import Limits

/// Where pieces of carried streams end, on their own stream and on the one that carries them, for as long as
/// the carrier's bytes are not acknowledged: an ACK speaks of the carrier's bytes only.
package struct CarriedPositions {
  private struct Entry {
    var carrierEnd: UInt64
    var owner: Int
    var end: UInt64
  }
  /// Rising by `carrierEnd` from `first` on.
  private var entries: [Entry] = []
  private var first = 0
  private let limit: Int

  /// - Parameter limit: how many pieces are kept; beyond it the oldest are forgotten, and are acknowledged
  ///   with a later piece of the same stream.
  package init(limit: Int = Limits.standard.maxCarriedPositions) { self.limit = max(limit, 2) }

  /// Notes a piece of the stream `owner` that ends at `end` and is complete at `carrierEnd` of the carrier.
  package mutating func add(carrierEnd: UInt64, owner: Int = 0, end: UInt64) {
    if let last = entries.indices.last, last >= first, entries[last].owner == owner,
      entries[last].carrierEnd == carrierEnd
    {
      entries[last].end = end
      return
    }
    if entries.count - first >= limit { first += limit / 2 }
    if first > 1024, first * 2 > entries.count {
      entries.removeFirst(first)
      first = 0
    }
    entries.append(Entry(carrierEnd: carrierEnd, owner: owner, end: end))
  }

  /// Takes out what an acknowledgment of the carrier's bytes below `offset` covers, in order.
  package mutating func acknowledge(upTo offset: UInt64, _ body: (_ owner: Int, _ end: UInt64) -> Void) {
    while first < entries.count, entries[first].carrierEnd <= offset {
      body(entries[first].owner, entries[first].end)
      first += 1
    }
    if first == entries.count {
      entries.removeAll(keepingCapacity: true)
      first = 0
    }
  }
}
