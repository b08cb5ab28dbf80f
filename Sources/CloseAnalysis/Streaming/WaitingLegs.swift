import Capture
import WSDecode

/// The legs of sessions that have ended, waiting for the encrypted leg that may be in front of them.
struct WaitingLegs {
  typealias Group = FrontSearch.Group

  private struct Entry {
    var group: Group
    /// How many of those in front have not ended.
    var open: Int
    var since: Timestamp
  }
  private var entries: [Int: Entry] = [:]
  /// In the order in which they began to wait; some may have ended.
  private var order: [Int] = []
  private var waiters = LegSlots<[Int]>()
  private var nextNumber = 0

  var count: Int { entries.count }

  /// - Parameter fronts: those in front that have not ended, each once.
  mutating func add(_ group: Group, for fronts: [LegID], since: Timestamp) {
    entries[nextNumber] = Entry(group: group, open: fronts.count, since: since)
    order.append(nextNumber)
    for front in fronts {
      if !waiters.contains(front) { waiters.open([], front) }
      forgetEnded(of: front)
      let number = nextNumber
      waiters.change(front) { $0.append(number) }
    }
    nextNumber += 1
  }

  /// Those that have ended stay in the lists until there are as many of them as of the others.
  private mutating func forgetEnded(of front: LegID) {
    guard let list = waiters[front], list.count > 2 * entries.count else { return }
    let left = list.filter { entries[$0] != nil }
    waiters.change(front) { $0 = left }
  }

  /// A leg has ended: takes out those that waited for nothing else.
  mutating func release(_ front: LegID) -> [Group] {
    (waiters.end(front) ?? []).compactMap { number in
      guard let place = entries.index(forKey: number) else { return nil }
      entries.values[place].open -= 1
      return entries.values[place].open == 0 ? take(number) : nil
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
