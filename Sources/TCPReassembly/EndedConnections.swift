import Capture

/// Connections that have ended a moment ago: packets of them that come late begin no others.
struct EndedConnections {
  /// The sequence numbers of both streams' first bytes.
  fileprivate typealias Bases = (SequenceNumber, SequenceNumber)

  struct Entry {
    let key: FlowKey
    /// When packets of it may come: one long before its end is of another connection, as the clock was set back.
    private let times: Range<Timestamp>
    private let bases: Bases
    /// Those of the connection before it between the same ends, if that has ended a moment ago, too.
    fileprivate var earlier: Entry.Earlier?
    /// The same ends have not ended another connection since.
    fileprivate var isLatest = true

    /// - Parameters:
    ///   - since: when it ended.
    ///   - linger: seconds.
    init(_ flow: Flow, since: Timestamp, linger: Int64) {
      key = flow.key
      times = since.advanced(bySeconds: -linger)..<since.advanced(bySeconds: linger)
      bases = (flow.client.base, flow.server.base)
    }

    fileprivate struct Earlier {
      let bases: Bases
      let until: Timestamp
    }

    var until: Timestamp { times.upperBound }
    fileprivate var asEarlier: Earlier { Earlier(bases: bases, until: until) }

    /// Whether a segment between these ends is one of it, or a copy: a SYN begins another connection if it has another
    /// number.
    fileprivate func isLate(_ segment: TCPSegment) -> Bool {
      let time = segment.packet.time
      guard times.contains(time) else { return false }
      guard segment.flags.contains(.syn) else { return true }
      let beginning = segment.sequence + 1
      if bases.0 == beginning || bases.1 == beginning { return true }
      guard let earlier, time < earlier.until else { return false }
      return earlier.bases.0 == beginning || earlier.bases.1 == beginning
    }
  }

  /// In the order in which they were added, from `first` on and around.
  private var entries: [Entry] = []
  private var first = 0
  private var count = 0
  private var index = FlowIndex()

  /// Whether a segment is one of them.
  func isLate(_ segment: TCPSegment, _ key: FlowKey) -> Bool {
    guard let slot = slot(of: key) else { return false }
    return entries[slot].isLate(segment)
  }

  /// - Parameters:
  ///   - now: the time that it is.
  ///   - limit: how many are remembered at most; one more takes the place of the oldest.
  /// - Returns: whether one was forgotten before its time.
  mutating func add(_ entry: Entry, now: Timestamp, limit: Int) -> Bool {
    var entry = entry
    if let slot = slot(of: entry.key) {
      index.remove(slot: slot) { entries[$0].key }
      entries[slot].isLatest = false
      if now < entries[slot].until { entry.earlier = entries[slot].asEarlier }
    }
    while count > 0, entries[first].until <= now { removeFirst() }
    let isFull = count >= limit
    if isFull { removeFirst() }
    if count == entries.count { grow(with: entry) }
    let slot = (first + count) % entries.count
    entries[slot] = entry
    count += 1
    index.insert(entry.key, slot: slot) { entries[$0].key }
    return isFull
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
