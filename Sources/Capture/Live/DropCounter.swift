/// Sums up a counter of libpcap, which has 32 bits and wraps.
struct DropCounter {
  private var last: UInt32 = 0
  private(set) var total: UInt64 = 0

  /// - Parameter value: what the counter shows now.
  /// - Returns: how many there are more.
  mutating func advance(to value: UInt32) -> UInt64 {
    let more = UInt64(value &- last)
    last = value
    total &+= more
    return more
  }

  /// The counter begins again at 0: an interface was opened anew.
  mutating func restart() { last = 0 }
}
