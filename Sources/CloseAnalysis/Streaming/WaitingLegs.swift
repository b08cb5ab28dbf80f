import Capture
import WSDecode

/// The legs of sessions that have ended, waiting for the encrypted leg that may be in front of them.
struct WaitingLegs {
  typealias Group = FrontSearch.Group

  private struct Entry {
    var group: Group
    /// What has not ended of those in front.
    var open: Set<LegID>
    var since: Timestamp
  }
  private var entries: [Int: Entry] = [:]
  /// In the order in which they began to wait; some may have ended.
  private var order: [Int] = []
  private var waiters: [LegID: [Int]] = [:]
  private var nextNumber = 0

  var count: Int { entries.count }

  mutating func add(_ group: Group, for open: Set<LegID>, since: Timestamp) {
    entries[nextNumber] = Entry(group: group, open: open, since: since)
    order.append(nextNumber)
    for front in open {
      forgetEnded(of: front)
      waiters[front, default: []].append(nextNumber)
    }
    nextNumber += 1
  }

  /// Those that have ended stay in the lists until there are as many of them as of the others.
  private mutating func forgetEnded(of front: LegID) {
    guard let list = waiters[front], list.count > 2 * entries.count else { return }
    waiters[front] = list.filter { entries[$0] != nil }
  }

  /// A leg has ended: takes out those that waited for nothing else.
  mutating func release(_ front: LegID) -> [Group] {
    (waiters.removeValue(forKey: front) ?? []).compactMap { number in
      entries[number]?.open.remove(front)
      guard entries[number]?.open.isEmpty == true else { return nil }
      return take(number)
    }
  }

  /// Takes out those that have waited since before a moment.
  mutating func takeOlder(than time: Timestamp) -> [Group] {
    let count = order.prefix { number in entries[number].map { $0.since < time } ?? true }.count
    defer { order.removeFirst(count) }
    return order[..<count].compactMap { take($0) }
  }

  mutating func takeAll() -> [Group] {
    defer { order = [] }
    return order.compactMap { take($0) }
  }

  private mutating func take(_ number: Int) -> Group? {
    entries.removeValue(forKey: number)?.group
  }
}
