import Capture
import Streams

/// Sets of legs that belong together, by what they have in common.
struct LegGrouping {
  private var parent: [Int]

  init(count: Int) { parent = Array(0..<count) }

  mutating func areJoined(_ a: Int, _ b: Int) -> Bool { root(a) == root(b) }

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
    parent[max(a, b)] = min(a, b)
  }

  /// Joins all that have one of their traits in common, unless something else tells them apart.
  mutating func join<Trait: Hashable>(
    by traits: (Int) -> [Trait], unless areApart: (Int, Int) -> Bool = { _, _ in false }
  ) {
    guard parent.count > 1 else { return }
    // One of each set that has the trait and is apart from the others.
    var firsts: [Trait: Int] = [:]
    var others: [Trait: [Int]] = [:]
    for index in parent.indices {
      for trait in traits(index) {
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

  /// The groups, each in rising order, in the order of their first members.
  mutating func groups() -> [[Int]] {
    var members: [Int: [Int]] = [:]
    for index in parent.indices { members[root(index), default: []].append(index) }
    return members.keys.sorted().map { members[$0] ?? [] }
  }
}
