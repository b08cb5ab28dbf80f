import WSDecode

/// Sets of legs that may be of one session: each has a trait in common with another one of its set.
///
/// A set is judged when all its legs have ended. Simple clients use one `Sec-WebSocket-Key` for every connection, which
/// makes one set of all their legs: such a set is judged now and then, each time as many of its legs have ended since
/// the last time as it has left, so that the work stays linear.
struct LegComponents {
  private struct Component {
    var legs: [LegID] = []
    var traits: [LegTrait] = []
    var liveCount = 0
    var endedSinceJudged = 0
    /// Legs were joined that have no trait in common.
    var isJoined = false
    /// It was found worth judging, and that waits: who ends meanwhile need not look again.
    var isPostponed = false

    /// Whether it is worth the work to judge it now.
    var isRipe: Bool { liveCount == 0 || endedSinceJudged >= max(LegComponents.minBatch, legs.count / 2) }
  }
  /// By number; sets that are no more have no legs, and give their number to later ones.
  private var components: [Component] = []
  private var free: [Int] = []
  private var homes: [LegID: Int] = [:]
  private var holders: [LegTrait: Int] = [:]
  private static let minBatch = 64

  /// A leg begins: it joins those that have one of its traits.
  mutating func add(_ leg: LegID, _ traits: [LegTrait] = []) {
    guard var home = holder(ofAny: traits) else {
      let home = place(Component(legs: [leg], traits: traits, liveCount: 1))
      homes[leg] = home
      for trait in traits { holders[trait] = home }
      return
    }
    components[home].legs.append(leg)
    // As when two sets become one: of equal ones the later goes first.
    if components[home].legs.count == 2 { components[home].legs.swapAt(0, 1) }
    components[home].liveCount += 1
    homes[leg] = home
    for trait in traits { home = link(home, trait) }
  }

  private func holder(ofAny traits: [LegTrait]) -> Int? {
    for trait in traits {
      if let home = holders[trait] { return home }
    }
    return nil
  }

  private mutating func place(_ component: Component) -> Int {
    if let number = free.popLast() {
      components[number] = component
      return number
    }
    components.append(component)
    return components.count - 1
  }

  private mutating func take(_ number: Int) -> Component {
    free.append(number)
    var component = Component()
    swap(&component, &components[number])
    return component
  }

  /// A leg has a trait.
  mutating func link(_ leg: LegID, _ trait: LegTrait) {
    if let home = homes[leg] { _ = link(home, trait) }
  }

  /// - Returns: the set that the set with the trait is by then.
  private mutating func link(_ home: Int, _ trait: LegTrait) -> Int {
    guard let other = holders[trait] else {
      holders[trait] = home
      components[home].traits.append(trait)
      return home
    }
    return other == home ? home : merge(home, other)
  }

  /// Whether two legs are of one set.
  func areOneSet(_ a: LegID, _ b: LegID) -> Bool { homes[a].map { $0 == homes[b] } ?? false }

  /// Whether a leg's set was two that were joined.
  func isJoined(_ leg: LegID) -> Bool { homes[leg].map { components[$0].isJoined } ?? false }

  /// Makes the sets of two legs one, without a trait that both have.
  ///
  /// - Returns: false if a leg is forgotten.
  mutating func join(_ a: LegID, _ b: LegID) -> Bool {
    guard let home = homes[a], let other = homes[b] else { return false }
    components[home == other ? home : merge(home, other)].isJoined = true
    return true
  }

  /// A leg has ended.
  ///
  /// - Returns: the legs of its set, if that is to be judged.
  mutating func end(_ leg: LegID) -> [LegID]? {
    guard let home = homes[leg] else { return nil }
    components[home].liveCount -= 1
    components[home].endedSinceJudged += 1
    return components[home].isRipe && !components[home].isPostponed ? components[home].legs : nil
  }

  /// A leg's set is to be judged later.
  mutating func postpone(_ leg: LegID) {
    if let home = homes[leg] { components[home].isPostponed = true }
  }

  /// The time has come for which a leg's set was postponed.
  ///
  /// - Returns: the legs of its set, if that is to be judged.
  mutating func resume(_ leg: LegID) -> [LegID]? {
    guard let home = homes[leg] else { return nil }
    components[home].isPostponed = false
    return components[home].isRipe ? components[home].legs : nil
  }

  /// Whether all legs of a leg's set have ended.
  func haveAllEnded(with leg: LegID) -> Bool { homes[leg].map { components[$0].liveCount == 0 } ?? true }

  /// A leg's set was judged.
  mutating func noteJudged(_ leg: LegID) {
    if let home = homes[leg] { components[home].endedSinceJudged = 0 }
  }

  /// Legs whose sessions were told are forgotten; what is left of their set goes on with its own traits.
  mutating func remove(_ legs: [LegID], isLive: (LegID) -> Bool, traits: (LegID) -> [LegTrait]) {
    for leg in legs {
      // The others of its set are removed with it, or go on without it.
      guard let home = homes[leg] else { continue }
      let component = take(home)
      for trait in component.traits { holders[trait] = nil }
      for leg in component.legs { homes[leg] = nil }
      if component.legs == legs { return }
      let told = Set(legs)
      let rest = component.legs.filter { !told.contains($0) }
      guard !rest.isEmpty else { continue }
      let number = place(
        Component(legs: rest, liveCount: rest.count(where: isLive), isJoined: component.isJoined))
      for leg in rest { homes[leg] = number }
      for leg in rest {
        for trait in traits(leg) { link(leg, trait) }
      }
    }
  }

  /// The smaller one moves.
  ///
  /// - Returns: the other one.
  private mutating func merge(_ a: Int, _ b: Int) -> Int {
    let (target, source) = components[a].legs.count >= components[b].legs.count ? (a, b) : (b, a)
    let moved = take(source)
    for leg in moved.legs { homes[leg] = target }
    for trait in moved.traits { holders[trait] = target }
    components[target].legs += moved.legs
    components[target].traits += moved.traits
    components[target].liveCount += moved.liveCount
    components[target].endedSinceJudged += moved.endedSinceJudged
    components[target].isJoined = components[target].isJoined || moved.isJoined
    components[target].isPostponed = components[target].isPostponed || moved.isPostponed
    return target
  }
}
