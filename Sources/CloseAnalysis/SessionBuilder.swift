import Capture
import Streams
import WSDecode

/// Joins the legs of all captures to sessions: observations of one leg to that leg, then legs by
/// `Sec-WebSocket-Key` (or the accept that answers it) and by content, which proxies pass on unchanged. Never by ports.
package struct SessionBuilder {
  private let chains: [[Leg]]
  /// Those that TLS hides.
  private let sealed: [Leg]
  /// What is known of the captures' clocks; all times are already corrected.
  let clocks: CaptureClocks

  /// Nanoseconds that were added to each capture's times.
  package var corrections: [Int64] { clocks.corrections }

  /// - Parameters:
  ///   - legs: of all captures.
  ///   - captures: how many captures there are.
  package init(_ legs: [Leg], captures: Int) {
    self.init(legs, CaptureClocks(captures: captures))
  }

  /// - Parameters:
  ///   - legs: of all captures.
  ///   - clocks: those of the captures, of whose differences nothing is known yet.
  ///   - frames: what frames are on other legs, too.
  init(_ legs: [Leg], _ unmeasured: CaptureClocks, _ frames: FrameLinks? = nil) {
    var clocks = unmeasured
    var all = legs
    if let groups = SameLeg.groups(legs) {
      clocks.measure(groups.flatMap { Self.pairs(legs, $0) })
      all = groups.map { Self.merged($0, of: legs, clocks) }
    }
    var sealed = all.filter(\.isSealed)
    let merged = sealed.isEmpty ? all : all.filter { !$0.isSealed }
    let first = LegJoining(merged, clocks, frames)
    let joined = first.groups
    let ordered = joined.map { first.ordered($0) }
    // What is joined without looking at clocks tells how they differ, and that may join more.
    if clocks.areSeveral, let changes = clocks.bound(by: ordered) {
      let joining = LegJoining(merged.map { Self.shifted($0, by: changes) }, clocks, frames, known: joined)
      chains = joining.groups.map { joining.ordered($0) }
      sealed = sealed.map { Self.shifted($0, by: changes) }
    } else {
      chains = ordered
    }
    self.clocks = clocks
    self.sealed = sealed
  }

  /// In the order in which they begin; ids count from 1.
  package var sessions: [Session] { sessions(behind: nil) }

  /// - Parameter front: what is in front of all sessions; `nil` if it is to be found.
  func sessions(behind front: SealedHops.Front?) -> [Session] {
    let chains =
      chains.count > 1 ? chains.sorted { $0[0].beginning.time < $1[0].beginning.time } : chains
    let fronts =
      front == nil && !sealed.isEmpty ? SealedHops(sealed).fronts(of: chains.map { $0[0] }) : []
    let clocks = clocks
    @Sendable func session(_ index: Int) -> Session {
      let front = fronts.isEmpty ? front ?? SealedHops.Front.none : fronts[index]
      return Session(id: index + 1, legs: chains[index], front: front, clocks)
    }
    // One is all that there is where each is told as it ends.
    if chains.count == 1 { return [session(0)] }
    return Array(chains.indices.mapParts(of: Analysis.partCount) { $0.map { session($0) } }.joined())
  }

  private static func merged(_ group: [Int], of legs: [Leg], _ clocks: CaptureClocks) -> Leg {
    let seen = group.map { shifted(legs[$0], by: clocks.corrections) }
    return seen.dropFirst().reduce(into: seen[0]) { $0.merge($1) }
  }

  private static func shifted(_ leg: Leg, by corrections: [Int64]) -> Leg {
    let capture = leg.observations.first.capture
    return corrections.indices.contains(capture) ? ClockShift(nanoseconds: corrections[capture])(leg) : leg
  }

  private static func pairs(_ legs: [Leg], _ group: [Int]) -> [(Leg, Leg)] {
    guard let first = group.first else { return [] }
    return group.dropFirst().compactMap { other in
      legs[first].observations.first.capture == legs[other].observations.first.capture
        ? nil : (legs[first], legs[other])
    }
  }
}
