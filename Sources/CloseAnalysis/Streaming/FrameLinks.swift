import Streams
import WSDecode

/// What frames tell of legs whose handshakes are missing: which other legs may be of one session with them.
///
/// A client's masked frame is on the hops of one WebSocket only, and one at the same sequence numbers on observations of
/// one leg: these are traits. But a server may say the same to all its clients. Such a frame links two sets of legs, where
/// handshakes that are known do not tell more; as soon as a third set has it, it tells nothing (`SilentHops`).
struct FrameLinks {
  /// The legs that have a server's frame.
  private struct Holders {
    let first: LegID
    let isFirstKnown: Bool
    /// How often legs that are remembered have it.
    var count = 1
    var spread = Spread.oneSet
  }
  private enum Spread { case oneSet, linkedSets, many }
  private var holders: [UInt64: Holders] = [:]

  /// Adds all that it had before of its streams' first frames.
  mutating func add(_ leg: Leg, _ id: LegID, to components: inout LegComponents) {
    for mark in leg.client.marks.first { add(mark, from: .client, of: leg, id, to: &components) }
    for mark in leg.server.marks.first { add(mark, from: .server, of: leg, id, to: &components) }
  }

  /// A frame, one of its stream's first, is on a leg.
  mutating func add(
    _ mark: FrameMark, from side: Side, of leg: Leg, _ id: LegID, to components: inout LegComponents
  ) {
    if let trait = LegTrait.frame(mark, from: side, of: leg) { components.link(id, trait) }
    guard side == .server else { return }
    let isKnown = leg.acceptToken != nil
    guard let place = holders.index(forKey: mark.digest) else {
      holders[mark.digest] = Holders(first: id, isFirstKnown: isKnown)
      return
    }
    holders.values[place].count += 1
    let before = holders.values[place]
    if before.first == id || before.spread == .many { return }
    if components.areOneSet(before.first, id) {
      // Another frame may have linked them.
      if components.isJoined(id) { holders.values[place].spread = .linkedSets }
    } else {
      let mayLink = before.spread == .oneSet && !(before.isFirstKnown && isKnown)
      holders.values[place].spread = mayLink && components.join(before.first, id) ? .linkedSets : .many
    }
  }

  /// A leg and its frames are forgotten.
  mutating func remove(_ leg: Leg) {
    for mark in leg.server.marks.first {
      guard let place = holders.index(forKey: mark.digest) else { continue }
      holders.values[place].count -= 1
      if holders.values[place].count == 0 { holders.remove(at: place) }
    }
  }

  /// Whether a server's frame is on one set of legs only, as far as those tell that are remembered.
  func isOfOneSet(_ digest: UInt64) -> Bool {
    holders[digest].map { $0.spread != .many } ?? false
  }
}
