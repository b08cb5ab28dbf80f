/// How many observations lie at or below each of some bounds, as Prometheus counts them.
package struct Histogram: Equatable, Sendable {
  /// In rising order.
  package let bounds: [Double]
  /// Of each bound, those above the one before; the last is for what is above all bounds.
  private var counts: [UInt64]
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  /// What is no number, or below 0, is left out: it would spoil the sum, which may only grow.
  package mutating func observe(_ value: Double) {
    guard value.isFinite, value >= 0 else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// The observations at or below each bound, and all of them last.
  package var cumulative: [UInt64] {
    var total: UInt64 = 0
    return counts.map { count in
      total += count
      return total
    }
  }
}
