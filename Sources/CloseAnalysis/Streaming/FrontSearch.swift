import Capture
import WSDecode

/// Looks for the encrypted legs in front of sessions, and keeps sessions until those in question have ended.
///
///     leg ──answered──▶ a moment later its candidates are known
///     session ──its candidates are not known──▶ early ──known──▶ waiting ──they have ended, or patience──▶ due
struct FrontSearch {
  /// A session, and what may be in front of it.
  struct Group {
    /// What the legs are together, if no encrypted leg is in front.
    var session: Session
    var legs: [Leg]
    /// The client-most of them, as often as it was observed.
    var outer: [Leg] = []
    fileprivate var ids: [LegID] = []
    /// What may be in front of that.
    fileprivate(set) var fronts: [LegID] = []
    /// Whether too much may be, or it is not known what: it is unclear what is.
    fileprivate(set) var isCrowded = false
  }
  /// A session whose candidates are not known yet, as a leg of it was answered a moment ago, or those of others that were
  /// answered with it.
  private struct Early {
    var group: Group
    var answered: [(leg: Leg, id: LegID)] = []
    var due = Timestamp.distantPast
    /// When it is known of all that were answered with it what may be in front of them.
    var settles: Timestamp { due.advanced(bySeconds: FrontSearch.settleTime) }
  }

  private var sealed = SealedLegs()
  private var waiting = WaitingLegs()
  private var early: [Early] = []
  /// Legs that were answered a moment ago, in the order in which that was told.
  private var answered = DueQueue<LegID>()
  /// When the candidates of those will be known.
  private var dues: [LegID: Timestamp] = [:]
  /// The candidates of legs, of those that have any; `nil` if they are too many, or not known.
  private var candidates: [LegID: [LegID]?] = [:]
  /// When those were known.
  private var known: [LegID: Timestamp] = [:]
  /// The client-most legs of sessions that are not told yet.
  private var placed: [LegID: LegBehind] = [:]

  /// Seconds after which those have been told that passed on an answer, or that somebody asked and nothing came.
  private static let settleTime: Int64 = 2
  /// Seconds that a session waits for the encrypted leg in front of it.
  private static let patience: Int64 = 30
  private static let maxEarly = 1 << 16

  /// Whether there was no encrypted leg.
  var isEmpty: Bool { sealed.isEmpty }

  /// Encrypted legs and sessions in memory.
  var retainedCount: Int { sealed.retainedCount + early.count + waiting.count }

  func isSealed(_ id: LegID) -> Bool { sealed.isLive(id) }

  // MARK: Legs

  /// An encrypted leg begins.
  mutating func open(_ leg: Leg, _ id: LegID) { sealed.open(leg, id) }

  /// - Returns: the sessions that waited for nothing else.
  mutating func take(_ event: LegEvent, on id: LegID, at now: Timestamp) -> [Group] {
    sealed.take(event, on: id, at: now)
    switch event {
    case .stream(.closed): sealed.end(id)
    case .refuted: sealed.refute(id)
    default: return []
    }
    return waiting.release(id)
  }

  /// A leg that can be read was answered.
  ///
  /// - Parameters:
  ///   - latest: when the packet was captured of which something was told last.
  ///   - now: the same, where the clock was not set back.
  mutating func noteAnswer(_ leg: Leg, _ id: LegID, after latest: Timestamp, at now: Timestamp) {
    guard !isEmpty, let behind = LegBehind(answered: leg) else { return }
    // Told too late to know who passed it on.
    if latest.seconds(since: behind.response.time) > Double(Self.settleTime) {
      candidates[id] = .some(nil)
      return
    }
    let due = now.advanced(bySeconds: Self.settleTime)
    answered.add(id, due: due)
    dues[id] = due
  }

  /// A leg is of no session.
  mutating func forget(_ id: LegID) {
    dues[id] = nil
    known[id] = nil
    sealed.release(candidates.removeValue(forKey: id).flatMap(\.self) ?? [], of: [id])
  }

  // MARK: Sessions

  /// A session has ended.
  ///
  /// - Parameters:
  ///   - legs: as they were captured.
  ///   - ids: theirs.
  /// - Returns: `nil` if it has to wait.
  mutating func place(_ session: Session, _ legs: [Leg], _ ids: [LegID], at now: Timestamp) -> Group? {
    var entry = Early(group: Group(session: session, legs: legs))
    for (leg, id) in zip(legs, ids) {
      guard session.legs[0].observations.contains(where: { $0.number == leg.observations.first.number })
      else {
        forget(id)
        continue
      }
      entry.group.outer.append(leg)
      entry.group.ids.append(id)
      placed[id] = LegBehind(answered: leg)
      if let time = known.removeValue(forKey: id) { entry.due = max(entry.due, time) }
      if let found = candidates.removeValue(forKey: id) { add(found, to: &entry.group) }
      guard let due = dues.removeValue(forKey: id) else { continue }
      entry.answered.append((leg, id))
      entry.due = max(entry.due, due)
    }
    // The handshake may be on two observations, half on each.
    let isHalved = !entry.group.outer.contains { LegBehind($0) != nil } && LegBehind(session.legs[0]) != nil
    if isHalved || early.count >= Self.maxEarly { entry.group.isCrowded = true }
    if entry.group.isCrowded || entry.answered.isEmpty && entry.settles <= now {
      return wait(entry.group, at: now)
    }
    early.append(entry)
    return nil
  }

  private mutating func add(_ fronts: [LegID]?, to group: inout Group) {
    guard let fronts else {
      group.isCrowded = true
      return
    }
    if group.fronts.isEmpty {
      group.fronts = fronts
    } else {
      // A group needs each once.
      let known = Set(group.fronts)
      sealed.release(fronts.filter { known.contains($0) })
      group.fronts = (group.fronts + fronts).sortedOnce()
    }
  }

  /// - Returns: the group, if no front is open on which it hangs.
  private mutating func wait(_ group: Group, at now: Timestamp) -> Group? {
    if group.isCrowded { return group }
    let open = group.fronts.filter { sealed.isLive($0) }
    if open.isEmpty { return group }
    waiting.add(group, for: open, since: now)
    return nil
  }

  /// What has waited long enough.
  ///
  /// - Parameter leg: finds a leg, also one that has ended.
  mutating func due(at now: Timestamp, _ leg: (LegID) -> Leg?) -> [Group] {
    settle(upTo: now, leg)
    let groups = takeEarly(upTo: now) + waiting.takeOlder(than: now.advanced(bySeconds: -Self.patience))
    sealed.forget(toldBefore: now.advanced(bySeconds: -SealedLegs.memory))
    return groups
  }

  /// All that waits: the capture holds no more.
  mutating func finish() -> [Group] { takeEarly(upTo: nil) + waiting.takeAll() }

  /// Looks for the candidates of legs that have not ended.
  private mutating func settle(upTo now: Timestamp, _ leg: (LegID) -> Leg?) {
    for id in answered.take(upTo: now) where dues.removeValue(forKey: id) != nil {
      guard let leg = leg(id) else { continue }
      let found = sealed.candidates(for: leg, id)
      guard found?.isEmpty != true else { continue }
      candidates[id] = .some(found)
      known[id] = now
    }
  }

  /// - Parameter now: `nil` for all.
  private mutating func takeEarly(upTo now: Timestamp?) -> [Group] {
    for index in early.indices where now.map({ early[index].due <= $0 }) ?? true {
      var entry = early[index]
      for (leg, id) in entry.answered { add(sealed.candidates(for: leg, id), to: &entry.group) }
      entry.answered = []
      early[index] = entry
    }
    let isSettled = { (entry: Early) in
      now.map { entry.settles <= $0 } ?? true
        || entry.answered.isEmpty && entry.group.fronts.isEmpty
    }
    let settled = early.filter(isSettled)
    early.removeAll(where: isSettled)
    return settled.compactMap { entry in
      if let now { wait(entry.group, at: now) } else { entry.group }
    }
  }

  /// The legs in front of a session's legs, and what it takes to tell that it is unclear which.
  func fronts(of group: Group) -> [Leg] {
    var seen: Set<Int> = []
    return group.outer.flatMap { sealed.legs(group.fronts, for: $0) }
      .filter { seen.insert($0.observations.first.number).inserted }
  }

  /// Whether the leg in front of a session may be in front of another one: then it is in front of neither.
  ///
  /// - Parameter leg: finds a leg whose session has not ended.
  func isContested(_ front: Leg, of group: Group, _ leg: (LegID) -> Leg?) -> Bool {
    front.observations.contains { observation in
      sealed.isContested(LegID(rawValue: observation.number), by: group.ids) {
        placed[$0] ?? leg($0).flatMap { LegBehind(answered: $0) }
      }
    }
  }

  /// A session is told.
  ///
  /// - Parameter front: the leg that was found in front of it.
  mutating func release(_ group: Group, behind front: Leg?) {
    if let front {
      // No other one has as many bytes, or it would not have been found.
      for observation in front.observations { sealed.claim(LegID(rawValue: observation.number)) }
    } else {
      for behind in group.ids.compactMap({ placed[$0] }) { sealed.claim(group.fronts, for: behind) }
    }
    for id in group.ids { placed[id] = nil }
    sealed.release(group.fronts, of: group.ids)
  }
}
