/// The last few of many stream identifiers.
struct RecentIDs {
  private var ids: [UInt32] = []
  private var oldest = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// - Returns: the one that is forgotten for it.
  mutating func add(_ id: UInt32) -> UInt32? {
    guard ids.count == limit else {
      ids.append(id)
      return nil
    }
    let forgotten = ids[oldest]
    ids[oldest] = id
    oldest = (oldest + 1) % limit
    return forgotten
  }
}
