import Capture
import Testing

@Suite struct TimestampTests {
  static let moments: [(Int64, Int64, Int64)] = [
    (0, 0, 0), (1, 1, 1_000_000_001), (1_767_225_600, 999_999_999, 1_767_225_600_999_999_999),
    (-1, 1, -999_999_999), (9_223_372_036, 854_775_807, .max), (9_223_372_036, 854_775_808, .max),
    (9_223_372_037, 0, .max), (.max, .max, .max), (-9_223_372_037, 0, .min), (.min, 0, .min),
    (.min, .max, .min), (-9_223_372_036, -999_999_999, .min),
  ]

  @Test(arguments: moments)
  func `seconds and nanoseconds add up and saturate`(seconds: Int64, nanoseconds: Int64, expected: Int64) {
    #expect(Timestamp(seconds: seconds, nanoseconds: nanoseconds).nanoseconds == expected)
  }

  static let advances: [(Int64, Int64, Int64)] = [
    (5, 0, 5), (5, 2, 2_000_000_005), (5, -2, -1_999_999_995), (.max, 1, .max), (.max - 1, 1, .max),
    (0, 9_223_372_036, 9_223_372_036_000_000_000), (0, 9_223_372_037, .max), (0, .max, .max),
    (.min, -1, .min), (0, .min, .min),
  ]

  @Test(arguments: advances)
  func `a moment is advanced by seconds and saturates`(start: Int64, seconds: Int64, expected: Int64) {
    #expect(Timestamp(nanoseconds: start).advanced(bySeconds: seconds).nanoseconds == expected)
  }

  static let differences: [(Int64, Int64, Double)] = [
    (0, 0, 0), (1_500_000_000, 1_000_000_000, 0.5), (1_000_000_000, 1_500_000_000, -0.5),
    (1_767_225_600_000_000_001, 1_767_225_600_000_000_000, 1e-9),
    (.max, .min, .infinity), (.min, .max, -.infinity), (.min, 1, -.infinity), (0, .min, .infinity),
  ]

  @Test(arguments: differences)
  func `the seconds between moments are negative where the later is first`(
    later: Int64, earlier: Int64, expected: Double
  ) {
    #expect(Timestamp(nanoseconds: later).seconds(since: Timestamp(nanoseconds: earlier)) == expected)
  }

  @Test func `moments are ordered by time`() {
    #expect(Timestamp(nanoseconds: -1) < Timestamp(nanoseconds: 0))
    #expect(Timestamp(nanoseconds: .min) < Timestamp(nanoseconds: .max))
    #expect(!(Timestamp(nanoseconds: 1) < Timestamp(nanoseconds: 1)))
  }

  @Test func `packets of one capture are ordered by number and not by time`() {
    let first = PacketReference(number: 1, time: Timestamp(nanoseconds: 9), capture: 2)
    let second = PacketReference(number: 2, time: Timestamp(nanoseconds: 3), capture: 2)
    #expect(first.precedes(second))
    #expect(!second.precedes(first))
    #expect(!first.precedes(first))
  }

  @Test func `packets of two interfaces of a capture are ordered by time`() {
    let first = PacketReference(number: 2, time: Timestamp(nanoseconds: 3), interface: 1)
    let second = PacketReference(number: 1, time: Timestamp(nanoseconds: 9), interface: 2)
    #expect(first.precedes(second))
    #expect(!second.precedes(first))
    let third = PacketReference(number: 3, time: Timestamp(nanoseconds: 3), interface: 2)
    #expect(first.precedes(third) && !third.precedes(first))
  }

  @Test func `packets of two captures are ordered by time`() {
    let first = PacketReference(number: 9, time: Timestamp(nanoseconds: 3), capture: 1)
    let second = PacketReference(number: 1, time: Timestamp(nanoseconds: 9), capture: 0)
    #expect(first.precedes(second))
    #expect(!second.precedes(first))
  }
}
