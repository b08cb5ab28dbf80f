/// Some of a payload's bytes, folded, so that another payload is known for one: all of a short one, and eight
/// samples of a long one.
package struct PayloadPrint: Hashable, Sendable {
  /// 0 where there is nothing to compare.
  private let value: UInt64

  private static let samples: UInt64 = 8
  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Of bytes that are not known.
  package init() { value = 0 }

  /// - Parameter payload: where it lies in the packet.
  package init(_ frame: Span<UInt8>, _ payload: Range<Int>) {
    var sum: UInt64 = 1
    if payload.count < 8 {
      for index in payload { sum = (sum ^ UInt64(frame[index])) &* Self.factor }
    } else {
      // The last sample ends with the payload, whatever its length.
      let last = payload.upperBound - 8
      let step = max(8, (payload.count - 8) / (Int(Self.samples) - 1))
      var start = payload.lowerBound
      var factor = Self.factor
      while start < last, factor != Self.factor &+ 2 * Self.samples - 2 {
        sum &+= frame.littleEndian64(at: start) &* factor
        factor &+= 2
        start += step
      }
      sum &+= frame.littleEndian64(at: last) &* factor
    }
    value = payload.isEmpty ? 0 : max(sum, 1)
  }

  package func differs(from other: PayloadPrint) -> Bool {
    value != 0 && other.value != 0 && value != other.value
  }
}
