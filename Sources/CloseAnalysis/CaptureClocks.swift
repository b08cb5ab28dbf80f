import Capture
import Streams

/// The clocks of the machines that made the captures, and what is known of their differences.
///
/// Measured: two captures saw the same leg. Bounded: they saw different legs of the same sessions, and what a
/// proxy passes on it must have got before. Unrelated: nothing joins them, and their times must not be compared.
struct CaptureClocks {
  /// Nanoseconds to add to the times of each capture, to have related ones on one clock.
  private(set) var corrections: [Int64]
  /// Captures with the same number were measured against each other.
  private var measured: [Int]
  /// Captures with the same number were measured or bounded.
  private var related: [Int]
  /// Nanoseconds by which a correction may be wrong.
  private var uncertainties: [Int64]

  /// What two captures' clocks may add to a time where nothing else is known.
  private static let leastUncertainty: Int64 = 100_000
  private static let unknownUncertainty: Int64 = 10_000_000

  /// Nothing is known of their differences.
  init(captures: Int) {
    corrections = Array(repeating: 0, count: captures)
    uncertainties = corrections
    measured = Array(0..<captures)
    related = measured
  }

  /// - Parameter sameLegs: pairs of observations, by different captures, of one leg.
  mutating func measure(_ sameLegs: [(Leg, Leg)]) {
    guard !sameLegs.isEmpty else { return }
    var samples: [Link: ClockSamples] = [:]
    for (a, b) in sameLegs {
      Self.add(
        ClockSamples(sameLeg: a, b), from: a.observations.first.capture, to: b.observations.first.capture,
        &samples)
    }
    _ = apply(samples.compactMapValues { $0.offset(isFirstOuter: nil) }, to: \.measured)
    related = measured
  }

  // MARK: What may be compared

  var areSeveral: Bool { corrections.count > 1 }

  func areMeasured(_ a: PacketReference, _ b: PacketReference) -> Bool {
    a.capture == b.capture || areEqual(measured, Int(a.capture), Int(b.capture))
  }

  func areRelated(_ a: Leg, _ b: Leg) -> Bool { clock(of: a) == clock(of: b) }

  /// Legs with the same number have comparable times.
  func clock(of leg: Leg) -> Int {
    let capture = leg.observations.first.capture
    return related.indices.contains(capture) ? related[capture] : -1
  }

  /// Whether one packet came first, beyond what the clocks may be wrong.
  func surelyPrecedes(_ a: PacketReference, _ b: PacketReference) -> Bool {
    if a.capture == b.capture { return a.precedes(b) }
    guard areEqual(related, Int(a.capture), Int(b.capture)) else { return false }
    return b.time.nanoseconds &- a.time.nanoseconds > uncertainty(a, b)
  }

  /// Nanoseconds by which the time between two packets may be wrong.
  func uncertainty(_ a: PacketReference, _ b: PacketReference) -> Int64 {
    guard a.capture != b.capture else { return 0 }
    let all = [a, b].map { packet -> Int64 in
      let capture = Int(packet.capture)
      return uncertainties.indices.contains(capture) ? uncertainties[capture] : 0
    }
    return Swift.max(Self.leastUncertainty, all[0] &+ all[1])
  }

  private func areEqual(_ groups: [Int], _ a: Int, _ b: Int) -> Bool {
    groups.indices.contains(a) && groups.indices.contains(b) && groups[a] == groups[b]
  }

  // MARK: Cause and effect

  /// Relates captures that saw different legs of the same sessions.
  ///
  /// - Parameter chains: the legs of each session, client side first.
  /// - Returns: nanoseconds to add to each capture's times besides; `nil` if nothing new was found.
  mutating func bound(by chains: [[Leg]]) -> [Int64]? {
    var samples: [Link: ClockSamples] = [:]
    var isOuter: [Link: Int] = [:]
    for chain in chains {
      for (index, outer) in chain.enumerated() {
        for inner in chain.dropFirst(index + 1) where !areRelated(outer, inner) {
          let (from, to) = (clock(of: outer), clock(of: inner))
          Self.add(ClockSamples(hops: outer, inner), from: from, to: to, &samples)
          isOuter[Link(from, to), default: 0] += from < to ? 1 : -1
        }
      }
    }
    guard !samples.isEmpty else { return nil }
    let before = corrections
    let offsets = samples.compactMap { link, samples -> (Link, ClockSamples.Offset)? in
      // One capture may be outside in some sessions and inside in others: then the samples tell by themselves.
      let sign = isOuter[link] ?? 0
      return samples.offset(isFirstOuter: sign == 0 ? nil : sign > 0).map { (link, $0) }
    }
    guard apply(Dictionary(uniqueKeysWithValues: offsets), to: \.related) else { return nil }
    return zip(corrections, before).map { $0 &- $1 }
  }

  // MARK: From capture to capture

  private struct Link: Hashable {
    var from: Int
    var to: Int
    init(_ a: Int, _ b: Int) {
      from = min(a, b)
      to = max(a, b)
    }
  }

  private static func add(
    _ new: ClockSamples, from: Int, to: Int, _ samples: inout [Link: ClockSamples]
  ) {
    let link = Link(from, to)
    samples[link, default: ClockSamples()].add(link.from == from ? new : new.reversed)
  }

  /// Moves the groups that the links join onto the clock of the one with the lowest number, the surest links
  /// first. Links are between groups.
  private mutating func apply(
    _ offsets: [Link: ClockSamples.Offset], to groups: WritableKeyPath<CaptureClocks, [Int]>
  ) -> Bool {
    let sorted = offsets.sorted {
      ($0.value.uncertainty ?? .max, $0.key.from, $0.key.to)
        < ($1.value.uncertainty ?? .max, $1.key.from, $1.key.to)
    }
    // How far each group as it was has been moved, and which group it belongs to by now.
    var moved: [Int: Int64] = [:]
    var current: [Int: Int] = [:]
    for group in self[keyPath: groups] { (moved[group], current[group]) = (0, group) }
    var isChanged = false
    for (link, offset) in sorted {
      guard let into = current[link.from], let from = current[link.to], into != from else { continue }
      // What must be added to the second's times to have them on the first's clock.
      let gap = (moved[link.from] ?? 0) &- offset.nanoseconds &- (moved[link.to] ?? 0)
      let (kept, joined, change) = into < from ? (into, from, gap) : (from, into, 0 &- gap)
      let error = offset.uncertainty ?? Self.unknownUncertainty
      for (group, owner) in current where owner == joined {
        moved[group] = (moved[group] ?? 0) &+ change
        current[group] = kept
      }
      for capture in corrections.indices where self[keyPath: groups][capture] == joined {
        corrections[capture] = corrections[capture] &+ change
        uncertainties[capture] = uncertainties[capture] &+ error
        self[keyPath: groups][capture] = kept
      }
      isChanged = true
    }
    return isChanged
  }
}
