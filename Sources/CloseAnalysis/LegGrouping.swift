import Capture
import Streams

/// Sets of legs that belong together, by what they have in common.
struct LegGrouping {
  private var parent: [Int]
  /// How many sets there are.
  private(set) var count: Int

  init(count: Int) {
    parent = Array(0..<count)
    self.count = count
  }

  mutating func areJoined(_ a: Int, _ b: Int) -> Bool { root(a) == root(b) }

  mutating func areAllJoined(_ members: [Int]) -> Bool {
    members.allSatisfy { areJoined(members[0], $0) }
  }

  private mutating func root(_ index: Int) -> Int {
    var index = index
    while parent[index] != index {
      parent[index] = parent[parent[index]]
      index = parent[index]
    }
    return index
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    guard a != b else { return }
    parent[max(a, b)] = min(a, b)
    count -= 1
  }

  /// Takes sets apart that have more members than that.
  mutating func takeApart(largerThan most: Int) {
    guard parent.count > most else { return }
    let roots = parent.indices.map { root($0) }
    var sizes = Array(repeating: 0, count: parent.count)
    for root in roots { sizes[root] += 1 }
    for index in parent.indices where sizes[roots[index]] > most {
      if roots[index] != index { count += 1 }
      parent[index] = index
    }
  }

  /// Joins all that have one of their traits in common, unless something else tells them apart.
  mutating func join<Trait: Hashable & Sendable>(
    by traits: @Sendable (Int) -> [Trait], unless areApart: (Int, Int) -> Bool = { _, _ in false }
  ) {
    guard parent.count > 1 else { return }
    guard parent.count > 2 else {
      // Nearly all sessions.
      if !areApart(0, 1), !Self.areDisjoint(traits(0), traits(1)) { join(0, 1) }
      return
    }
    let all = parent.indices.mapParts(of: Analysis.partCount) { $0.map { traits($0) } }.joined()
    // One of each set that has the trait and is apart from the others.
    var firsts: [Trait: Int] = [:]
    firsts.reserveCapacity(all.reduce(0) { $0 + $1.count })
    var others: [Trait: [Int]] = [:]
    for (index, traits) in zip(parent.indices, all) {
      for trait in traits {
        guard let first = firsts[trait] else {
          firsts[trait] = index
          continue
        }
        let known = others[trait, default: []]
        if !areApart(first, index) {
          join(first, index)
        } else if let other = known.first(where: { !areApart($0, index) }) {
          join(other, index)
        } else if known.count < Self.maxHolders - 1 {
          others[trait, default: []].append(index)
        }
      }
    }
  }

  private static let maxHolders = 8

  /// - Parameters: few traits each: a comparison costs less than a hash.
  private static func areDisjoint<Trait: Hashable>(_ a: [Trait], _ b: [Trait]) -> Bool {
    !a.contains { b.contains($0) }
  }

  /// The groups, each in rising order, in the order of their first members.
  mutating func groups() -> [[Int]] {
    if count == 1 { return [Array(parent.indices)] }
    var groups: [[Int]] = []
    groups.reserveCapacity(count)
    // Where the group of each root is; a root is its group's first member.
    var places = Array(repeating: 0, count: parent.count)
    for index in parent.indices {
      let root = root(index)
      if root == index {
        places[root] = groups.count
        groups.append([index])
      } else {
        groups[places[root]].append(index)
      }
    }
    return groups
  }
}
