import Capture

/// When the servers of closed legs sent records: which of them may have passed on an answer.
///
/// `ID` is by what a leg is known.
struct SealedAnswers<ID: Hashable> {
  /// What one server sent in a tenth of a second.
  private struct Burst {
    var leg: ID
    /// The packet of its record before.
    var previous: PacketReference?
    var last: PacketReference
  }
  /// What all servers sent in a tenth of a second.
  private struct Tenth {
    var bursts: [Burst] = []
    /// When the last of it was told.
    var told = Timestamp.distantPast
  }
  private var tenths: [Int64: Tenth] = [:]
  /// Where the last burst of each leg is.
  private var lasts: [ID: (tenth: Int64, index: Int)] = [:]

  /// Bursts that are looked at.
  private static var maxLooks: Int { 64 * SealedHops.maxFronts }

  private static func tenth(_ time: Timestamp) -> Int64 { time.nanoseconds / 100_000_000 }

  /// Adds a record that a closed leg's server sent.
  ///
  /// - Parameters:
  ///   - previous: the packet of the record before.
  ///   - now: when it is told, which may be long after its packet.
  /// - Returns: whether `forget` will return the leg once more.
  @discardableResult mutating func add(
    _ packet: PacketReference, behind previous: PacketReference?, of leg: ID,
    at now: Timestamp = .distantPast
  ) -> Bool {
    let tenth = Self.tenth(packet.time)
    tenths[tenth, default: Tenth()].told = now
    if let last = lasts[leg], last.tenth == tenth {
      tenths[tenth]?.bursts[last.index].last = packet
      return false
    }
    lasts[leg] = (tenth, tenths[tenth]?.bursts.count ?? 0)
    tenths[tenth]?.bursts.append(Burst(leg: leg, previous: previous, last: packet))
    return true
  }

  /// The legs whose servers sent their first record behind an answer soon after it, and some that were not that soon.
  ///
  /// - Returns: `nil` if they are too many.
  func legs(behind answer: PacketReference) -> [ID]? {
    let tenth = Self.tenth(answer.time)
    // Packets need not be in the order of their times.
    let near = (tenth - 1...tenth + 1).compactMap { tenths[$0]?.bursts }
    guard near.reduce(0, { $0 + $1.count }) <= Self.maxLooks else { return nil }
    var legs: [ID] = []
    for bursts in near {
      for burst in bursts where !burst.last.precedes(answer) {
        guard burst.previous?.precedes(answer) ?? true else { continue }
        legs.append(burst.leg)
        if legs.count > SealedHops.maxFronts { return nil }
      }
    }
    return legs
  }

  /// Forgets what was told before a moment.
  ///
  /// - Returns: the legs that sent it, each as often as it was added, and the time of what they sent last.
  mutating func forget(toldBefore time: Timestamp) -> [(leg: ID, last: Timestamp)] {
    var forgotten: [(leg: ID, last: Timestamp)] = []
    for (tenth, all) in tenths where all.told < time {
      tenths[tenth] = nil
      for burst in all.bursts {
        forgotten.append((burst.leg, burst.last.time))
        if lasts[burst.leg]?.tenth == tenth { lasts[burst.leg] = nil }
      }
    }
    return forgotten
  }
}
