import Capture

/// When the servers of closed legs sent records: which of them may have passed on an answer.
struct SealedAnswers {
  /// What one server sent in a tenth of a second.
  private struct Burst {
    var leg: Int
    /// The packet of its record before.
    var previous: PacketReference?
    var last: PacketReference
  }
  private var byTenth: [Int64: [Burst]] = [:]
  /// Where the last burst of each leg is.
  private var lasts: [Int: (tenth: Int64, index: Int)] = [:]
  /// The tenths of a second from which on all are remembered; `nil` until some are forgotten.
  private var first: Int64?

  /// Seconds in which a proxy passes on an answer.
  static let promptness = 0.1

  private static func tenth(_ time: Timestamp) -> Int64 { time.nanoseconds / 100_000_000 }

  /// Adds a record that a closed leg's server sent.
  ///
  /// - Parameters:
  ///   - previous: the packet of the record before.
  ///   - leg: its number.
  /// - Returns: whether `forget` will return the leg once more.
  @discardableResult mutating func add(
    _ packet: PacketReference, behind previous: PacketReference?, of leg: Int
  ) -> Bool {
    let tenth = Self.tenth(packet.time)
    if let first, tenth < first { return false }
    if let last = lasts[leg], last.tenth == tenth {
      byTenth[tenth]?[last.index].last = packet
      return false
    }
    lasts[leg] = (tenth, byTenth[tenth]?.count ?? 0)
    byTenth[tenth, default: []].append(Burst(leg: leg, previous: previous, last: packet))
    return true
  }

  /// The legs whose servers sent their first record behind an answer soon after it, and some that were not that soon.
  ///
  /// - Parameter most: how many are looked for.
  func legs(behind answer: PacketReference, most: Int) -> [Int] {
    let tenth = Self.tenth(answer.time)
    var legs: [Int] = []
    // Packets need not be in the order of their times.
    for tenth in tenth - 1...tenth + 1 {
      for burst in byTenth[tenth] ?? [] where !burst.last.precedes(answer) {
        guard burst.previous?.precedes(answer) ?? true else { continue }
        legs.append(burst.leg)
        if legs.count == most { return legs }
      }
    }
    return legs
  }

  /// Forgets what was sent before a moment.
  ///
  /// - Returns: the legs that sent it, each as often as it was added.
  mutating func forget(before time: Timestamp) -> [Int] {
    let next = Self.tenth(time)
    first = max(first ?? next, next)
    let old = byTenth.keys.filter { $0 < next }.flatMap { byTenth.removeValue(forKey: $0) ?? [] }.map(\.leg)
    for leg in old {
      if let last = lasts[leg], last.tenth < next { lasts[leg] = nil }
    }
    return old
  }
}
