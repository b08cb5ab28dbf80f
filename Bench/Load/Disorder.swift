/// What may happen to packets between the wire and the capture file.
package struct Disorder: Equatable, Sendable {
  /// How probable it is that a packet comes behind one to three later ones of its session.
  package var reorder = 0.0
  /// How probable it is that a packet is missing.
  package var loss = 0.0

  package init(reorder: Double = 0, loss: Double = 0) {
    self.reorder = reorder
    self.loss = loss
  }
}

/// The packets of one clone in the order in which the capture has them.
struct Departures {
  private struct Held {
    var place: Pattern.Place
    /// Packets that come first.
    var wait: Int
  }
  /// What comes next, and when, in nanoseconds from the clone's beginning; `nil` at the end.
  private(set) var next: (place: Pattern.Place, time: Int64)?
  private(set) var lost = 0
  private(set) var reordered = 0
  private var following: Pattern.Place? = Pattern.Place()
  private var held: [Held] = []
  private var random: SplitMix64
  private let disorder: Disorder

  init(_ pattern: Pattern, _ disorder: Disorder, seed: UInt64) {
    self.disorder = disorder
    random = SplitMix64(seed: seed)
    advance(pattern)
  }

  mutating func advance(_ pattern: Pattern) {
    let last = next?.time ?? 0
    if let late = held.firstIndex(where: { $0.wait == 0 }) {
      next = (held.remove(at: late).place, last)
      return
    }
    while let place = following {
      following = pattern.place(after: place)
      if random.happens(disorder.loss) {
        lost += 1
      } else if random.happens(disorder.reorder) {
        reordered += 1
        held.append(Held(place: place, wait: Int.random(in: 1...3, using: &random)))
      } else {
        for index in held.indices { held[index].wait -= 1 }
        next = (place, pattern.time(place))
        return
      }
    }
    next = held.isEmpty ? nil : (held.removeFirst().place, last)
  }
}
