/// A moment of capture time: nanoseconds since 1970-01-01T00:00:00Z, as the capture gives them.
@usableFromInline @frozen package struct Timestamp: Hashable, Comparable, Sendable {
  @usableFromInline package var nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let distantPast = Timestamp(nanoseconds: .min)
  package static let distantFuture = Timestamp(nanoseconds: .max)

  /// From a capture record's seconds and nanoseconds; what a hostile file sets out of range saturates.
  package init(seconds: Int64, nanoseconds: Int64) {
    let (scaled, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = scaled.addingReportingOverflow(nanoseconds)
    self.nanoseconds = tooLarge || overflow ? (seconds < 0 ? .min : .max) : sum
  }

  @inlinable package static func == (a: Self, b: Self) -> Bool { a.nanoseconds == b.nanoseconds }
  @inlinable package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Seconds from `earlier` to this moment; negative if this one is the earlier.
  @inlinable package func seconds(since earlier: Timestamp) -> Double {
    let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    if overflow { return self < earlier ? -.infinity : .infinity }
    return Double(difference) / 1e9
  }

  /// Whether it is no whole number of microseconds.
  @inlinable package var hasNanoseconds: Bool { nanoseconds % 1000 != 0 }

  @inlinable package func advanced(bySeconds seconds: Int64) -> Timestamp {
    advanced(by: seconds, units: 1_000_000_000)
  }

  @inlinable package func advanced(byMilliseconds milliseconds: Int64) -> Timestamp {
    advanced(by: milliseconds, units: 1_000_000)
  }

  /// - Parameter units: nanoseconds each.
  @inlinable func advanced(by count: Int64, units: Int64) -> Timestamp {
    let (scaled, tooLarge) = count.multipliedReportingOverflow(by: units)
    let (sum, overflow) = nanoseconds.addingReportingOverflow(scaled)
    return Timestamp(nanoseconds: tooLarge || overflow ? (count < 0 ? .min : .max) : sum)
  }
}
