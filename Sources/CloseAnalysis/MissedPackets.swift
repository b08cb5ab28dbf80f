/// Packets that a live capture did not take: some may have been a leg's.
package struct MissedPackets: Hashable, Sendable {
  /// Those that were counted.
  package var count: UInt64 = 0
  /// An interface was gone: nobody knows how many passed on it, or whether any did.
  package var hasOutage = false

  package var isNone: Bool { count == 0 && !hasOutage }

  static func + (a: MissedPackets, b: MissedPackets) -> MissedPackets {
    MissedPackets(count: a.count &+ b.count, hasOutage: a.hasOutage || b.hasOutage)
  }

  /// What both of two observations of a leg may lack.
  func intersection(_ other: MissedPackets) -> MissedPackets {
    MissedPackets(count: min(count, other.count), hasOutage: hasOutage && other.hasOutage)
  }
}
