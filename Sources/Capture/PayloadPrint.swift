/// Some of a payload's bytes, folded, so that another payload is known for one: all of a short one, the beginning and the end
/// of a long one. These lie beside what is read of two packets anyway: to fetch others costs more than all that is done with
/// a packet.
package struct PayloadPrint: Hashable, Sendable {
  /// 0 where there is nothing to compare.
  private let value: UInt64

  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
  /// Bytes of a long payload's beginning.
  private static let beginning = 48

  /// Of bytes that are not known.
  package init() { value = 0 }

  /// - Parameter payload: where it lies in the packet.
  package init(_ frame: Span<UInt8>, _ payload: Range<Int>) {
    guard !payload.isEmpty else {
      value = 0
      return
    }
    let bytes = frame.extracting(payload)
    var sum: UInt64 = 1
    if bytes.count < 8 {
      for index in 0..<bytes.count { sum = (sum ^ UInt64(bytes[index])) &* Self.factor }
    } else {
      let last = bytes.count - 8
      var factor = Self.factor
      for start in stride(from: 0, to: min(last, Self.beginning), by: 8) {
        sum &+= bytes.littleEndian64(at: start) &* factor
        factor &+= 2
      }
      if last > Self.beginning { sum &+= bytes.littleEndian64(at: last - 8) &* (Self.factor &+ 12) }
      sum &+= bytes.littleEndian64(at: last) &* (Self.factor &+ 14)
    }
    value = max(sum, 1)
  }

  package func differs(from other: PayloadPrint) -> Bool {
    value != 0 && other.value != 0 && value != other.value
  }
}
