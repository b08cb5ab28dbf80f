/// The last packets that were put together: fragments that the capture holds twice (`-i any` on a bridge or a
/// router) come as well when all of them have been there.
struct RecentDatagrams {
  private struct Entry {
    var key: FragmentReassembly.Key
    var bounds: [Range<Int>]
    var time: Timestamp
  }
  private var entries: [Entry] = []
  private var next = 0
  private static let capacity = 8
  /// A copy follows at once. Identifications come back, and soon at high rates (RFC 4963 §1).
  private static let copyDelay = 0.005

  mutating func add(_ key: FragmentReassembly.Key, _ bounds: [Range<Int>], at time: Timestamp) {
    let entry = Entry(key: key, bounds: bounds, time: time)
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[next] = entry
      next = (next + 1) % Self.capacity
    }
  }

  func hasCopy(of range: Range<Int>, _ key: FragmentReassembly.Key, at time: Timestamp) -> Bool {
    entries.contains {
      $0.key == key && abs(time.seconds(since: $0.time)) < Self.copyDelay && $0.bounds.contains(range)
    }
  }
}
