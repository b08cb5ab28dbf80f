import TestSupport
import Testing
import WSDecode

@testable import CloseAnalysis

@Suite struct LegComponentsTests {
  private func trait(_ number: Int) -> LegTrait { .request("\(number)") }

  @Test func `a set is ripe when the last of its legs has ended`() {
    var components = LegComponents()
    let legs = (1...3).map { LegID(rawValue: $0) }
    for leg in legs { components.add(leg) }
    components.link(legs[0], trait(1))
    components.link(legs[2], trait(1))
    #expect(components.end(legs[1]) == [legs[1]])
    #expect(components.end(legs[0]) == nil)
    #expect(components.end(legs[2]).map { Set($0) } == [legs[0], legs[2]])
  }

  @Test func `a leg that begins with traits makes one set of all that have them`() {
    var components = LegComponents()
    let legs = (1...4).map { LegID(rawValue: $0) }
    components.add(legs[0], [trait(1)])
    components.add(legs[1], [trait(2)])
    components.add(legs[2], [trait(3), trait(2), trait(1)])
    components.add(legs[3], [trait(3)])
    for leg in legs[..<3] { #expect(components.end(leg) == nil) }
    #expect(components.end(legs[3]).map { Set($0) } == Set(legs))
  }

  @Test func `who ends while a set waits to be judged does not look at it again`() {
    var components = LegComponents()
    let legs = (1...5).map { LegID(rawValue: $0) }
    for leg in legs[..<4] { components.add(leg) }
    components.link(legs[0], trait(1))
    #expect(components.end(legs[0]) == [legs[0]])
    components.postpone(legs[0])
    for leg in legs[1..<4] { components.link(leg, trait(1)) }
    for leg in legs[1..<4] { #expect(components.end(leg) == nil) }
    #expect(components.resume(legs[0]).map { Set($0) } == Set(legs[..<4]))
    // It does not wait any more, but for a leg that has joined it.
    components.add(legs[4])
    components.link(legs[4], trait(1))
    #expect(components.resume(legs[0]) == nil)
    #expect(components.end(legs[4]).map { Set($0) } == Set(legs))
  }

  @Test func `a set that has taken the number of one that is no more has none of its legs`() {
    var components = LegComponents()
    let legs = (1...3).map { LegID(rawValue: $0) }
    components.add(legs[0])
    components.link(legs[0], trait(1))
    components.remove([legs[0]], isLive: { _ in true }, traits: { _ in [] })
    components.add(legs[1])
    components.add(legs[2])
    components.link(legs[2], trait(1))
    #expect(components.end(legs[0]) == nil)
    #expect(components.end(legs[1]) == [legs[1]])
    #expect(components.end(legs[2]) == [legs[2]])
  }

  @Test func `what is left of a set stays one, with its own traits`() {
    var components = LegComponents()
    let legs = (1...5).map { LegID(rawValue: $0) }
    for leg in legs[..<3] {
      components.add(leg)
      components.link(leg, trait(1))
    }
    components.remove([legs[0]], isLive: { _ in true }, traits: { $0 == legs[1] ? [trait(2)] : [trait(3)] })
    for (leg, number) in [(legs[3], 1), (legs[4], 2)] {
      components.add(leg)
      components.link(leg, trait(number))
    }
    #expect(components.end(legs[3]) == [legs[3]])
    #expect(components.end(legs[4]) == nil)
    #expect(components.end(legs[2]) == nil)
    #expect(components.end(legs[1]).map { Set($0) } == [legs[1], legs[2], legs[4]])
  }

  /// Against sets that are put together anew each time.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `sets are what the traits of their legs make them`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var components = LegComponents()
    var traits: [LegID: [Int]] = [:]
    var live: Set<LegID> = []
    for number in 1...60 {
      let leg = LegID(rawValue: number)
      components.add(leg)
      live.insert(leg)
      traits[leg] = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        Int.random(in: 0..<12, using: &random)
      }
      for number in traits[leg] ?? [] { components.link(leg, trait(number)) }
      guard let last = live.sorted().randomElement(using: &random),
        Bool.random(using: &random)
      else { continue }
      live.remove(last)
      let expected = Self.set(of: last, traits)
      let ripe = components.end(last)
      #expect(ripe.map { Set($0) } == (expected.isDisjoint(with: live) ? expected : nil))
      guard let ripe else { continue }
      components.remove(
        ripe, isLive: { live.contains($0) }, traits: { traits[$0, default: []].map { trait($0) } })
      for leg in ripe { traits[leg] = nil }
    }
  }

  private static func set(of leg: LegID, _ traits: [LegID: [Int]]) -> Set<LegID> {
    var set: Set<LegID> = [leg]
    while true {
      let known = Set(set.flatMap { traits[$0, default: []] })
      let wider = set.union(traits.filter { !known.isDisjoint(with: $0.value) }.keys)
      if wider.count == set.count { return set }
      set = wider
    }
  }
}
