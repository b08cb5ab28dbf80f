import Capture
import Streams
import WSDecode

/// The TLS connections of a capture that stay closed: any of them may be the leg in front of a proxy.
///
/// A proxy passes on an answer at once, so the candidates are known a moment after the leg behind was answered. One that
/// has ended is kept as long as such a leg may need it.
struct SealedLegs {
  private struct Known {
    var leg: Leg
    var need = Need()
    /// The legs that it may be in front of, until their sessions are told.
    var behind: Set<LegID> = []
    /// Whether it may be in front of a leg whose session was told.
    var isClaimed = false
  }
  private var live = LegSlots<Known>()
  /// Those that have ended and are needed.
  private var ended: [LegID: Known] = [:]
  /// Which servers sent records lately.
  private var answers = SealedAnswers<LegID>()
  /// Clients of which a record was told lately, and when: nothing of their servers has been since. What is behind a hole
  /// is told late.
  private var unanswered: [LegID: Timestamp] = [:]
  private var hosts: [HostAddress: Host] = [:]

  /// How often a leg is needed.
  private struct Need {
    /// By what is remembered of the records that its server sent lately.
    var answers = 0
    /// By legs that it may be in front of.
    var behind = 0

    var isNone: Bool { answers == 0 && behind == 0 }
  }

  /// What ends at an address.
  private struct Host {
    var live: Set<LegID> = []
    var last: Leg?
  }

  /// Seconds for which it is remembered who sent records.
  static let memory: Int64 = 4
  private static let maxHosts = 4096
  private static let maxUnanswered = 4096
  /// Records of one direction that are worth forgetting.
  private static let manyRecords = 256

  var isEmpty: Bool { live.isEmpty && ended.isEmpty && hosts.isEmpty }

  var retainedCount: Int { live.count + ended.count }

  func isLive(_ id: LegID) -> Bool { live.contains(id) }

  mutating func open(_ leg: Leg, _ id: LegID) {
    live.open(Known(leg: leg), id)
    let host = leg.connection.serverHost
    if hosts[host] != nil || hosts.count < Self.maxHosts {
      hosts[host, default: Host()].live.insert(id)
    }
  }

  mutating func take(_ event: LegEvent, on id: LegID, at now: Timestamp) {
    // Nearly all events are no records.
    guard case .stream(.record(let side, let record, _, _)) = event, record.mayBeData else {
      live.change(id) { $0.leg.take(event) }
      if case .stream(.ended(.server, _, _, _)) = event { unanswered[id] = nil }
      return
    }
    var (previous, last, mayAnswer) = (PacketReference?.none, PacketReference?.none, false)
    live.change(id) { known in
      previous = known.leg.sealed?.server.last
      known.leg.take(event)
      last = known.leg.sealed?.server.last
      mayAnswer = !known.leg.server.hasEnd
    }
    if side == .client {
      if mayAnswer { unanswered[id] = now }
      return
    }
    unanswered[id] = nil
    guard let last else { return }
    if answers.add(last, behind: previous, of: id, at: now) { live.change(id) { $0.need.answers += 1 } }
  }

  /// Forgets who sent records that were told long ago, and those of legs that nobody needs.
  mutating func forget(toldBefore time: Timestamp) {
    if !unanswered.isEmpty { unanswered = unanswered.filter { $0.value >= time } }
    for (id, last) in answers.forget(toldBefore: time) {
      release(id, \.answers)
      live.change(id) { known in
        if known.need.behind == 0 { known.leg.forgetRecords(before: last, ifMoreThan: Self.manyRecords) }
      }
    }
  }

  mutating func end(_ id: LegID) {
    guard let known = take(id) else { return }
    if !known.need.isNone { ended[id] = known }
    let host = known.leg.connection.serverHost
    hosts[host]?.live.remove(id)
    hosts[host]?.last = known.leg
  }

  mutating func refute(_ id: LegID) {
    guard let leg = take(id)?.leg else { return }
    hosts[leg.connection.serverHost]?.live.remove(id)
  }

  private mutating func take(_ id: LegID) -> Known? {
    unanswered[id] = nil
    return live.end(id)
  }

  private func leg(_ id: LegID) -> Leg? { live[id]?.leg ?? ended[id]?.leg }

  // MARK: The legs in front

  /// Those that may be in front of a leg that was answered a moment ago; they are kept until they are released.
  ///
  /// - Returns: each once, in the order in which they began; `nil` if they are too many to tell which is.
  mutating func candidates(for leg: Leg, _ inner: LegID) -> [LegID]? {
    guard let behind = LegBehind(answered: leg) else { return [] }
    guard let near = answers.legs(behind: behind.response), unanswered.count <= Self.maxUnanswered
    else {
      return nil
    }
    var candidates = near.filter { id in self.leg(id).map { ByteAccount.mayBeTaken($0, behind) } ?? false }
    for id in unanswered.keys {
      if let leg = live[id]?.leg, ByteAccount.mayBeTaken(leg, behind, isAnswered: false) {
        candidates.append(id)
      }
    }
    candidates = candidates.sortedOnce()
    guard candidates.count <= SealedHops.maxFronts else { return nil }
    for id in candidates {
      change(id) { known in
        known.need.behind += 1
        known.behind.insert(inner)
      }
    }
    return candidates
  }

  private mutating func change(_ id: LegID, _ body: (inout Known) -> Void) {
    if live.change(id, body) { return }
    if let place = ended.index(forKey: id) { body(&ended.values[place]) }
  }

  /// - Parameter inner: the legs that they might have been in front of.
  mutating func release(_ ids: [LegID], of inner: [LegID] = []) {
    for id in ids {
      change(id) { $0.behind.subtract(inner) }
      release(id, \.behind)
    }
  }

  // MARK: Legs in front of several

  /// Whether a leg may be in front of others than those of one session.
  ///
  /// - Parameter behind: finds a leg that can be read.
  func isContested(_ front: LegID, by inner: [LegID], _ behind: (LegID) -> LegBehind?) -> Bool {
    guard let known = live[front] ?? ended[front] else { return false }
    if known.isClaimed || known.behind.count > SealedHops.maxFronts { return true }
    return known.behind.contains { id in
      guard !inner.contains(id), let behind = behind(id) else { return false }
      return ByteAccount.mayBelong(known.leg, to: behind)
    }
  }

  /// A session is told: no other one may have the legs that may be in front of it.
  mutating func claim(_ fronts: [LegID], for behind: LegBehind) {
    for id in fronts {
      guard let front = self.leg(id), ByteAccount.mayBelong(front, to: behind) else { continue }
      claim(id)
    }
  }

  mutating func claim(_ front: LegID) { change(front) { $0.isClaimed = true } }

  private mutating func release(_ id: LegID, _ count: WritableKeyPath<Need, Int>) {
    if live.change(id, { $0.need[keyPath: count] -= 1 }) { return }
    guard let place = ended.index(forKey: id) else { return }
    ended.values[place].need[keyPath: count] -= 1
    if ended.values[place].need.isNone { ended.remove(at: place) }
  }

  /// Those of a leg's candidates that tell which is in front of it, and for a leg without a handshake one that ends at
  /// its proxy, if there is any.
  func legs(_ candidates: [LegID], for leg: Leg) -> [Leg] {
    if let behind = LegBehind(leg) {
      return SealedHops.telling(candidates.compactMap { self.leg($0) }, behind)
    }
    if leg.request != nil, leg.response != nil { return [] }
    guard SealedHops.mayHaveFront(leg), let host = hosts[SealedHops.proxyHost(of: leg)] else { return [] }
    return [host.live.first.flatMap { live[$0]?.leg } ?? host.last].compactMap { $0 }
  }
}

extension Leg {
  fileprivate mutating func forgetRecords(before time: Timestamp, ifMoreThan count: Int) {
    let most = sealed.map { max($0.client.data.count, $0.server.data.count) } ?? 0
    guard most > count else { return }
    sealed?.client.forget(before: time)
    sealed?.server.forget(before: time)
  }
}
