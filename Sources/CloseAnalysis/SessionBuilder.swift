import Capture
import Streams
import WSDecode

/// Joins the legs of all captures to sessions: observations of one leg to that leg, then legs by
/// `Sec-WebSocket-Key` (or the accept that answers it) and by content, which proxies pass on unchanged. Never by ports.
package struct SessionBuilder {
  private let legs: [Leg]
  /// Those that TLS hides.
  private let sealed: [Leg]
  /// Nanoseconds that were added to each capture's times.
  package let corrections: [Int64]

  /// - Parameters:
  ///   - legs: of all captures.
  ///   - captures: how many captures there are.
  package init(_ legs: [Leg], captures: Int) {
    let groups = SameLeg.groups(legs)
    let pairs = groups.flatMap { Self.pairs(legs, $0) }
    let corrections = ClockOffsets(captures: captures, pairs: pairs).corrections
    self.corrections = corrections
    let merged = groups.map { group in
      let seen = group.map { index in
        ClockShift(nanoseconds: corrections[legs[index].observations[0].capture])(legs[index])
      }
      return seen.dropFirst().reduce(into: seen[0]) { $0.merge($1) }
    }
    self.legs = merged.filter { $0.sealed == nil }
    sealed = merged.filter { $0.sealed != nil }
  }

  /// In the order in which they begin; ids count from 1.
  package var sessions: [Session] {
    var grouping = LegGrouping(count: legs.count)
    grouping.join {
      legs[$0].client.marks.all.filter(\.isStrong).map(\.digest)
    } unless: {
      // Some programs mask with a constant.
      legs[$0].hasOtherKey(than: legs[$1])
    }
    for (a, b) in SilentHops(legs).pairs { grouping.join(a, b) }
    joinByKey(&grouping)
    let chains = grouping.groups().map { group in Self.ordered(group.map { legs[$0] }) }
      .sorted { $0[0].beginning.time < $1[0].beginning.time }
    let fronts = SealedHops(sealed).fronts(of: chains.map { $0[0] })
    return chains.indices.map { Session(id: $0 + 1, legs: chains[$0], front: fronts[$0]) }
  }

  private static func pairs(_ legs: [Leg], _ group: [Int]) -> [(Leg, Leg)] {
    guard let first = group.first else { return [] }
    return group.dropFirst().compactMap { other in
      legs[first].observations[0].capture == legs[other].observations[0].capture
        ? nil : (legs[first], legs[other])
    }
  }

  // MARK: By key

  /// A key alone is not enough: simple clients use one key for every connection. A leg belongs behind
  /// another only if its handshake lies within the other's, as a proxy asks upstream before it answers;
  /// and two connections from the same address to the same port are neighbours.
  private func joinByKey(_ grouping: inout LegGrouping) {
    var chains: [String: [[Int]]] = [:]
    for index in legs.indices.sorted(by: { legs[$0].beginning.precedes(legs[$1].beginning) }) {
      guard let key = legs[index].acceptToken else { continue }
      let known = chains[key, default: []]
      // The latest that is still waiting for an answer; older ones are looked at no further than this.
      if let chain = known.indices.suffix(Self.maxOpenChains).last(where: { canFollow(index, known[$0]) }) {
        grouping.join(known[chain][0], index)
        chains[key]?[chain].append(index)
      } else {
        chains[key, default: []].append([index])
      }
    }
  }

  private static let maxOpenChains = 64

  private func canFollow(_ index: Int, _ chain: [Int]) -> Bool {
    let leg = legs[index]
    guard let outer = chain.last.map({ legs[$0] }) else { return false }
    if let answered = outer.response?.packet, let request = leg.request?.packet, answered.precedes(request) {
      return false
    }
    if let inner = leg.response?.packet, let answered = outer.response?.packet, answered.precedes(inner) {
      return false
    }
    if let a = outer.client.marks.first.first, let b = leg.client.marks.first.first, a.digest != b.digest {
      return false
    }
    return !chain.contains { other in
      legs[other].connection.client.address == leg.connection.client.address
        && legs[other].connection.server == leg.connection.server
    }
  }

  // MARK: Order

  /// Client side first. There are few legs in a session.
  private static func ordered(_ legs: [Leg]) -> [Leg] {
    var result: [Leg] = []
    for leg in legs.sorted(by: { $0.beginning.precedes($1.beginning) }) {
      let index = result.firstIndex { isOutside(leg, of: $0) } ?? result.count
      result.insert(leg, at: index)
    }
    return result
  }

  /// A request passes the outer leg first, and so does a client's frame; what the server sends passes it last.
  private static func isOutside(_ a: Leg, of b: Leg) -> Bool {
    if let mine = a.request?.packet, let other = b.request?.packet { return mine.precedes(other) }
    if let mine = a.response?.packet, let other = b.response?.packet { return other.precedes(mine) }
    if let (mine, other) = common(a.client, b.client) { return mine.precedes(other) }
    if let (mine, other) = common(a.server, b.server) { return other.precedes(mine) }
    return a.beginning.precedes(b.beginning)
  }

  private static func common(_ a: LegStream, _ b: LegStream) -> (PacketReference, PacketReference)? {
    let theirs = Dictionary(b.marks.all.map { ($0.digest, $0.packet) }) { first, _ in first }
    for mark in a.marks.all {
      if let other = theirs[mark.digest] { return (mark.packet, other) }
    }
    return nil
  }
}
