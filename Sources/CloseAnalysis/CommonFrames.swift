/// Frames that are on two hops of one WebSocket. Proxies pass every byte on, so that the places of all of them differ by
/// one number; what a program says again and again, such as a heartbeat, must not be taken for what it said before.
struct CommonFrames {
  /// One of them, as it is on either hop.
  let pair: (FrameMark, FrameMark)

  /// - Returns: `nil` if there is none, or it is not known which one is which.
  init?(_ a: FrameMarks, _ b: FrameMarks) {
    let (ours, theirs) = (Places(a), Places(b))
    guard let best = Self.bestShift(ours, theirs) else { return nil }
    pair = best
  }

  /// The first pair of the shift that most different frames agree with and none speaks against.
  private static func bestShift(_ ours: Places, _ theirs: Places) -> (FrameMark, FrameMark)? {
    var best: (pair: (FrameMark, FrameMark), count: Int)?
    var isUnique = false
    for (shift, pairs) in shifts(ours, theirs) {
      let count = Set(pairs.map(\.0.digest)).count
      guard count >= best?.count ?? 0, !ours.contradict(theirs, at: shift) else { continue }
      isUnique = count > best?.count ?? 0
      best = (pairs[0], count)
    }
    return isUnique ? best?.pair : nil
  }

  /// Equal frames, by how far they lie apart.
  private static func shifts(_ ours: Places, _ theirs: Places) -> [UInt64: [(FrameMark, FrameMark)]] {
    let known = Dictionary(grouping: theirs.marks, by: \.digest)
    var shifts: [UInt64: [(FrameMark, FrameMark)]] = [:]
    for mark in ours.marks {
      for other in known[mark.digest] ?? [] {
        shifts[other.offset &- mark.offset, default: []].append((mark, other))
      }
    }
    return shifts
  }
}

/// Where the frames of a stream lie that are known.
private struct Places {
  /// In the order of the stream.
  let marks: [FrameMark]
  private let byOffset: [UInt64: FrameMark]
  /// Parts of the stream in which every frame is known.
  private let wholeParts: [Range<UInt64>]

  init(_ marks: FrameMarks) {
    self.marks = marks.all.sorted { $0.offset < $1.offset }
    byOffset = Dictionary(self.marks.map { ($0.offset, $0) }) { first, _ in first }
    var parts: [Range<UInt64>] = []
    for mark in self.marks {
      if let last = parts.last, last.upperBound == mark.offset {
        parts[parts.count - 1] = last.lowerBound..<mark.end
      } else {
        parts.append(mark.offset..<mark.end)
      }
    }
    wholeParts = parts
  }

  /// Whether one of the streams has something else where the other has a frame.
  func contradict(_ other: Places, at shift: UInt64) -> Bool {
    !fits(into: other, at: shift) || !other.fits(into: self, at: 0 &- shift)
  }

  private func fits(into other: Places, at shift: UInt64) -> Bool {
    marks.allSatisfy { mark in
      let place = mark.offset &+ shift
      guard other.wholeParts.contains(where: { $0.contains(place) }) else { return true }
      return other.byOffset[place]?.agrees(with: mark) ?? false
    }
  }
}
