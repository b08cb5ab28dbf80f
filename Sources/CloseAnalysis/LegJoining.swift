import Capture
import Limits
import Streams
import WSDecode

/// Finds which legs are hops of one WebSocket, and their order. Times are compared only where the captures'
/// clocks are known to each other.
struct LegJoining {
  private let legs: [Leg]
  private let clocks: CaptureClocks
  private let frames: FrameLinks?
  private let known: [[Int]]

  /// - Parameters:
  ///   - frames: what frames are on other legs, too; `nil` if there are no others.
  ///   - known: legs that are known to belong together.
  init(_ legs: [Leg], _ clocks: CaptureClocks, _ frames: FrameLinks? = nil, known: [[Int]] = []) {
    self.legs = legs
    self.clocks = clocks
    self.frames = frames
    self.known = known
  }

  /// The legs of each session, in rising order.
  var groups: [[Int]] {
    if legs.count == 1 { return [[0]] }
    // Nearly all sessions.
    if legs.count == 2, areJoinedByFrames(legs[0], legs[1]) || areJoinedByKey { return [[0, 1]] }
    var grouping = LegGrouping(count: legs.count)
    for group in known {
      for index in group.dropFirst() { grouping.join(group[0], index) }
    }
    grouping.join {
      legs[$0].client.marks.all.filter(\.isStrong).map(\.digest)
    } unless: {
      // Some programs mask with a constant.
      legs[$0].hasOtherKey(than: legs[$1])
    }
    grouping.takeApart(largerThan: Self.maxLegs)
    if grouping.count == 1 { return grouping.groups() }
    for (a, b) in SilentHops(legs, frames).pairs(unless: { grouping.areJoined($0, $1) }) {
      grouping.join(a, b)
    }
    joinByHandshake(&grouping) { $0.acceptToken }
    // A request on HTTP/2 has no key (RFC 8441 §5).
    joinByHandshake(&grouping) { $0.request?.requestID }
    grouping.takeApart(largerThan: Self.maxLegs)
    return grouping.groups()
  }

  private static let maxLegs = Limits.standard.maxLegs

  private func areJoinedByFrames(_ a: Leg, _ b: Leg) -> Bool {
    !a.hasOtherKey(than: b) && a.client.marks.shareStrong(with: b.client.marks)
  }

  // MARK: By the handshake

  /// Whether two legs are all that there are, and `joinByHandshake` would join them.
  private var areJoinedByKey: Bool {
    guard let key = legs[0].acceptToken, key == legs[1].acceptToken,
      clocks.clock(of: legs[0]) == clocks.clock(of: legs[1])
    else { return false }
    return areHops(0, 1, alone: true)
  }

  /// A key alone is not enough: simple clients use one key for every connection. A leg belongs behind
  /// another only if its handshake lies within the other's, as a proxy asks upstream before it answers; where
  /// the clocks cannot tell that, only if each side has one leg, or one chain of legs, with this key.
  private func joinByHandshake(_ grouping: inout LegGrouping, _ key: (Leg) -> String?) {
    if grouping.count == 1 { return }
    for holders in groups(by: key) where !grouping.areAllJoined(holders) {
      // Nearly always.
      if holders.count == 2, clocks.clock(of: legs[holders[0]]) == clocks.clock(of: legs[holders[1]]) {
        if areHops(holders[0], holders[1], alone: true) { grouping.join(holders[0], holders[1]) }
        continue
      }
      let chains = byClock(holders).map { chainsByKey($0) }
      for chain in chains.joined() {
        for index in chain.dropFirst() { grouping.join(chain[0], index) }
      }
      guard chains.count > 1, chains.allSatisfy({ $0.count == 1 }) else { continue }
      for other in chains.dropFirst() where chains[0][0].allSatisfy({ areCompatible($0, other[0]) }) {
        grouping.join(chains[0][0][0], other[0][0])
      }
    }
  }

  /// The legs that have the same key as others, in rising order.
  private func groups(by key: (Leg) -> String?) -> [[Int]] {
    var lasts: [String: Int] = [:]
    lasts.reserveCapacity(legs.count)
    // The leg before each that has the same key. Most keys have two legs: an array for each would cost more than all
    // else here.
    var previous = [Int?](repeating: nil, count: legs.count)
    for index in legs.indices {
      if let key = key(legs[index]) { previous[index] = lasts.updateValue(index, forKey: key) }
    }
    return lasts.values.compactMap { last in
      guard let before = previous[last] else { return nil }
      return Array(sequence(first: before) { previous[$0] }.reversed()) + [last]
    }
  }

  /// Legs whose times are comparable, each such set in the order of its clock.
  private func byClock(_ indices: [Int]) -> [[Int]] {
    let clock = clocks.clock(of: legs[indices[0]])
    // Nearly always.
    if indices.allSatisfy({ clocks.clock(of: legs[$0]) == clock }) { return [indices] }
    let groups = Dictionary(grouping: indices) { clocks.clock(of: legs[$0]) }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  private static let maxOpenChains = 64

  /// - Parameter indices: legs with one key and comparable times.
  private func chainsByKey(_ indices: [Int]) -> [[Int]] {
    var chains: [[Int]] = []
    for index in indices.sorted(by: { legs[$0].beginning.precedes(legs[$1].beginning) }) {
      if let chain = chain(before: index, among: chains) {
        chains[chain].append(index)
      } else {
        chains.append([index])
      }
    }
    return chains
  }

  /// The latest that is still waiting for an answer, rather one whose client the request names; older ones are looked at no
  /// further than this.
  private func chain(before index: Int, among chains: [[Int]]) -> Int? {
    let open = chains.indices.suffix(Self.maxOpenChains)
    if legs[index].namesClient {
      let named = open.last { number in
        chains[number].contains { HopOrder.isForwarded(legs[index], for: legs[$0]) }
          && canFollow(index, chains[number])
      }
      if let named { return named }
    }
    return open.last { canFollow(index, chains[$0]) }
  }

  private func canFollow(_ index: Int, _ chain: [Int]) -> Bool {
    chain.count < Self.maxLegs
      && chain.allSatisfy {
        !legs[index].connection.isOfAnotherClient(than: legs[$0].connection) && areHops($0, index)
      }
  }

  /// Whether two legs with one key and comparable times may be hops of one WebSocket.
  ///
  /// - Parameter alone: whether no other leg has that key. If one is behind the other by their addresses their handshakes may
  ///   miss each other then: a capture may be put together of those of several machines.
  private func areHops(_ a: Int, _ b: Int, alone: Bool = false) -> Bool {
    let (a, b) = (legs[a], legs[b])
    guard areCompatible(a, b) else { return false }
    if mayEnclose(a, b) || mayEnclose(b, a) { return true }
    guard alone, HopOrder.byAddress(a, b) != nil else { return false }
    return mayEnclose(a, b, Self.clockTolerance) || mayEnclose(b, a, Self.clockTolerance)
  }

  /// Nanoseconds by which the clocks of machines differ that are set by NTP, and more.
  private static let clockTolerance: Int64 = 100_000_000

  /// Whether nothing that was captured speaks against one handshake lying within the other.
  private func mayEnclose(_ outer: Leg, _ inner: Leg, _ tolerance: Int64 = 0) -> Bool {
    func precedes(_ a: PacketReference?, _ b: PacketReference?) -> Bool {
      guard let a, let b, clocks.surelyPrecedes(a, b) else { return false }
      return tolerance == 0 || b.time.nanoseconds &- a.time.nanoseconds > tolerance
    }
    let answered = outer.response?.packet
    if precedes(inner.request?.packet, outer.request?.packet) || precedes(answered, inner.request?.packet) {
      return false
    }
    // A refusal may be the proxy's own, before its upstream has answered; a 101 never is.
    return outer.isRefused || !precedes(answered, inner.response?.packet)
  }

  /// Clients that both said something said the same, and two connections from the same address to the same
  /// port of one namespace are neighbours and not hops.
  private func areCompatible(_ index: Int, _ chain: [Int]) -> Bool {
    chain.allSatisfy { areCompatible(legs[index], legs[$0]) }
  }

  private func areCompatible(_ a: Leg, _ b: Leg) -> Bool {
    if a.connection.client.address == b.connection.client.address,
      a.connection.server == b.connection.server, a.connection.realm == b.connection.realm
    {
      return false
    }
    guard let first = a.client.marks.first.first, let second = b.client.marks.first.first else { return true }
    return first.agrees(with: second)
  }

  // MARK: Order

  /// The legs of a session, client side first. There are few.
  func ordered(_ group: [Int]) -> [Leg] {
    if group.count == 1 { return [legs[group[0]]] }
    var members = group.count == legs.count ? legs : group.map { legs[$0] }
    // Two that are in order already need no memory.
    if members.count > 2 || members[1].beginning.precedes(members[0].beginning) {
      members.sort { $0.beginning.precedes($1.beginning) }
    }
    for index in 1..<members.count {
      let leg = members[index]
      guard let place = members[..<index].firstIndex(where: { isOutside(leg, of: $0) }) else { continue }
      members.remove(at: index)
      members.insert(leg, at: place)
    }
    return members
  }

  /// A request passes the outer leg first, and so does a client's frame; what the server sends passes it last.
  private func isOutside(_ a: Leg, of b: Leg) -> Bool {
    // Captures put packets that pass within a millisecond down in any order; addresses do not change.
    if let isFirst = HopOrder.byAddress(a, b) { return isFirst }
    guard clocks.areMeasured(a.beginning, b.beginning) else { return HopOrder.isOutside(a, of: b) }
    if let mine = a.request?.packet, let other = b.request?.packet { return mine.precedes(other) }
    if let mine = a.response?.packet, let other = b.response?.packet { return other.precedes(mine) }
    if let (mine, other) = CommonFrames(a.client.marks, b.client.marks)?.pair {
      return mine.packet.precedes(other.packet)
    }
    if let (mine, other) = CommonFrames(a.server.marks, b.server.marks)?.pair {
      return other.packet.precedes(mine.packet)
    }
    return HopOrder.isOutside(a, of: b)
  }
}
