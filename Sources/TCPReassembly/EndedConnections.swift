import Capture

/// Connections that have ended a moment ago: packets of them that come late begin no others.
struct EndedConnections {
  struct Entry {
    var key: FlowKey
    /// When it may be forgotten.
    var until: Timestamp
    /// The sequence numbers of both streams' first bytes.
    var bases: (SequenceNumber, SequenceNumber)
    /// The same ends have not ended another connection since.
    fileprivate var isLatest = true

    init(_ flow: Flow, until: Timestamp) {
      key = flow.key
      self.until = until
      bases = (flow.client.base, flow.server.base)
    }
  }

  /// In the order in which they were added, from `first` on and around.
  private var entries: [Entry] = []
  private var first = 0
  private var count = 0
  private var index = FlowIndex()

  /// Whether a segment is one of them, or a copy: a SYN begins another connection if it has another number.
  func isLate(_ segment: TCPSegment, _ key: FlowKey) -> Bool {
    guard let slot = slot(of: key), segment.packet.time < entries[slot].until else { return false }
    let beginning = segment.sequence + 1
    return !segment.flags.contains(.syn) || entries[slot].bases.0 == beginning
      || entries[slot].bases.1 == beginning
  }

  /// - Parameters:
  ///   - now: the time that it is.
  ///   - limit: how many are remembered at most; one more takes the place of the oldest.
  mutating func add(_ entry: Entry, now: Timestamp, limit: Int) {
    if let slot = slot(of: entry.key) {
      index.remove(slot: slot) { entries[$0].key }
      entries[slot].isLatest = false
    }
    while count > 0, count >= limit || entries[first].until <= now { removeFirst() }
    if count == entries.count { grow(with: entry) }
    let slot = (first + count) % entries.count
    entries[slot] = entry
    count += 1
    index.insert(entry.key, slot: slot) { entries[$0].key }
  }

  private func slot(of key: FlowKey) -> Int? { index.slot(of: key) { entries[$0].key == key } }

  private mutating func removeFirst() {
    if entries[first].isLatest { index.remove(slot: first) { entries[$0].key } }
    first = (first + 1) % entries.count
    count -= 1
  }

  /// Makes room for as many again.
  ///
  /// - Parameter filler: what stands there until then.
  private mutating func grow(with filler: Entry) {
    entries = Array(entries[first...] + entries[..<first])
    first = 0
    index = FlowIndex()
    for slot in entries.indices where entries[slot].isLatest {
      index.insert(entries[slot].key, slot: slot) { entries[$0].key }
    }
    entries += Array(repeating: filler, count: max(count, 16))
  }
}
