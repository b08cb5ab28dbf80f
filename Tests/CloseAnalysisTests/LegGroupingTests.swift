import TestSupport
import Testing

@testable import CloseAnalysis

@Suite struct LegGroupingTests {
  @Test func `two with a trait in common are one set`() {
    var grouping = LegGrouping(count: 2)
    grouping.join { [[1, 2, 3], [4, 3]][$0] }
    #expect(grouping.groups() == [[0, 1]])
    #expect(grouping.count == 1)
  }

  @Test func `two without a trait in common, or with one that is apart, are two sets`() {
    var different = LegGrouping(count: 2)
    different.join { [[1, 2, 3], [4]][$0] }
    #expect(different.groups() == [[0], [1]])
    var apart = LegGrouping(count: 2)
    apart.join { _ in
      [1]
    } unless: { _, _ in
      true
    }
    #expect(apart.groups() == [[0], [1]])
    #expect(apart.count == 2)
  }

  @Test func `sets stand in the order of their first members, each in rising order`() {
    var grouping = LegGrouping(count: 7)
    for (a, b) in [(6, 1), (4, 2), (2, 6), (3, 5)] { grouping.join(a, b) }
    #expect(grouping.groups() == [[0], [1, 2, 4, 6], [3, 5]])
    #expect(grouping.count == 3)
    grouping.join(1, 4)
    #expect(grouping.count == 3)
  }

  @Test func `a set that is too large is taken apart, and others stay`() {
    var grouping = LegGrouping(count: 7)
    for (a, b) in [(6, 1), (4, 2), (2, 6), (3, 5)] { grouping.join(a, b) }
    grouping.takeApart(largerThan: 4)
    #expect(grouping.groups() == [[0], [1, 2, 4, 6], [3, 5]])
    grouping.takeApart(largerThan: 3)
    #expect(grouping.groups() == [[0], [1], [2], [3, 5], [4], [6]])
    #expect(grouping.count == 6)
    grouping.join(6, 1)
    #expect(grouping.groups() == [[0], [1, 6], [2], [3, 5], [4]])
  }

  /// Two are compared with each other, more by a table.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `two are joined as they are among others`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let traits = (0..<2).map { _ in
      (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 0..<8, using: &random) }
    }
    let areApart = Int.random(in: 0..<4, using: &random) == 0
    var two = LegGrouping(count: 2)
    two.join {
      traits[$0]
    } unless: { _, _ in
      areApart
    }
    var three = LegGrouping(count: 3)
    three.join {
      $0 < 2 ? traits[$0] : []
    } unless: { _, _ in
      areApart
    }
    #expect(two.groups() + [[2]] == three.groups())
  }
}
