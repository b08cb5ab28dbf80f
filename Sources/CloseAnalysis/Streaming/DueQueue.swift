import Capture

/// What waits, each for as long as the others: what was added first is due first.
struct DueQueue<Element> {
  private var entries: [(element: Element, due: Timestamp)] = []

  var count: Int { entries.count }

  mutating func add(_ element: Element, due: Timestamp) { entries.append((element, due)) }

  /// Takes what is due.
  ///
  /// - Parameter time: `nil` for all.
  mutating func take(upTo time: Timestamp?) -> [Element] {
    let count = time.map { time in entries.prefix { $0.due <= time }.count } ?? entries.count
    defer { entries.removeFirst(count) }
    return entries[..<count].map(\.element)
  }
}

extension DueQueue: Sendable where Element: Sendable {}
