/// A heap: the earliest comes first; at equal times the lower number.
struct TimeQueue {
  struct Entry {
    var time: Int64
    var number: Int

    static func < (a: Entry, b: Entry) -> Bool { a.time != b.time ? a.time < b.time : a.number < b.number }
  }
  private var entries: [Entry] = []

  var first: Entry? { entries.first }

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var index = entries.count - 1
    while index > 0, entries[index] < entries[(index - 1) / 2] {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Puts another one in place of the first.
  mutating func replaceFirst(_ entry: Entry) {
    entries[0] = entry
    sink()
  }

  mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    sink()
  }

  private mutating func sink() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if entries[child] < entries[least] { least = child }
      }
      if least == index { return }
      entries.swapAt(index, least)
      index = least
    }
  }
}
