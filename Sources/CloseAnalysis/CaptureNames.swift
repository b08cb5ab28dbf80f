/// What captures are called where there are several: as much of the end of each path as tells it from the
/// others.
package enum CaptureNames {
  /// - Returns: in the same order; equal paths have equal names.
  package static func shortest(of sources: [String]) -> [String] {
    // One, as nearly always, has no other to be told from; what tells several apart takes longer to be got ready.
    guard sources.count > 1 else {
      return sources.map { source in source.split(separator: "/").last.map { String($0) } ?? source }
    }
    let parts = sources.map { $0.split(separator: "/", omittingEmptySubsequences: true) }
    var names = sources
    var open = Set(sources.indices)
    for length in 1...(parts.map(\.count).max().map { max($0, 1) } ?? 1) where !open.isEmpty {
      let suffixes = open.map { (index: $0, text: parts[$0].suffix(length).joined(separator: "/")) }
      for (text, group) in Dictionary(grouping: suffixes, by: \.text) {
        guard !text.isEmpty, Set(group.map { sources[$0.index] }).count == 1 else { continue }
        for member in group {
          names[member.index] = text
          open.remove(member.index)
        }
      }
    }
    return names
  }
}
