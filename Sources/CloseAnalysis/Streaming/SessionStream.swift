import Capture
import Streams
import WSDecode

/// Joins the legs of one capture to sessions while it is read, and gives each session soon after all its legs have
/// ended: memory holds what is open, and not what the capture is long.
///
///     leg ──all legs of its set have ended──▶ judged ──encrypted front still open──▶ waiting
///                                               │                                       │
///                                               ▼◀──────────front ended, or patience────┘
///                                             told ◀──others ended with it?── held (no Close frame)
///
/// A leg that stands alone is judged a moment later: another hop may be recognised only now.
///
/// What several sessions have in common (`mass-teardown`, `idle-timeout`) is known of those before and of those that
/// end within seconds. A leg that is told only when its session has been told is a session of its own.
package struct SessionStream: LegSink {
  private var live = LegSlots<Leg>()
  /// The legs that have ended, until their session is told.
  private var ended: [LegID: Leg] = [:]
  private var components = LegComponents()
  private var fronts = FrontSearch()
  /// `nil` until some leg's handshake is missing: only then frames may join legs.
  private var frames: FrameLinks?
  /// Whether some session had several legs: the capture stands where hops behind one another pass.
  private var showsHops = false
  /// Legs that have ended alone a moment ago: another hop may be recognised only now.
  private var alone = DueQueue<LegID>()
  /// Legs that have ended without a handshake, or alone where some are missing: another hop may yet be recognised.
  private var unrecognised = DueQueue<LegID>()
  private var held = DueQueue<Session>()
  private var endings = EndingHistory(maxPlaces: 1 << 16)
  private var drops = CaptureDrops()
  private var clock = PacketClock()
  private var now: Timestamp { clock.now }
  /// When the packet was captured of which something was told last.
  private var latest = Timestamp.distantPast
  private var lastCheck = Timestamp.distantPast
  private var count = 0
  /// Legs and sessions in memory.
  package var retainedCount: Int {
    live.count + ended.count + held.count + alone.count + unrecognised.count + fronts.retainedCount
  }

  /// Of sessions that have nothing in common.
  private let context: SessionContext
  private let clocks = CaptureClocks(captures: 1)
  private let emit: (Session) -> Void

  /// Seconds that a session waits for others that end with it, and a leg for other hops.
  private static let holdTime: Int64 = 5
  /// Seconds that a leg waits for other hops where none is known to be missing.
  private static let graceTime: Int64 = 2
  private static let maxHeld = 1 << 16

  /// - Parameters:
  ///   - capture: by which findings name their packets.
  ///   - emit: gets each session.
  package init(capture: CaptureSummary, emit: @escaping (Session) -> Void) {
    context = SessionContext(CommonEndings(), captures: [capture], clocks: clocks)
    self.emit = emit
  }

  package mutating func receive(_ event: LegEvent, on id: LegID) {
    switch event {
    case .frame(let frame): return receive(frame, on: id)
    case .opened(let opening):
      pass(opening.packet.time)
      open(opening, id)
    default:
      if case .stream(let inner) = event, let packet = inner.timedPacket { pass(packet.time) }
      if fronts.isSealed(id) { takeSealed(event, on: id) } else { take(event, on: id) }
    }
    checkIfDue()
  }

  private mutating func pass(_ time: Timestamp) {
    latest = time
    clock.pass(time)
  }

  private mutating func checkIfDue() {
    if now.seconds(since: lastCheck) >= 1 { check() }
  }

  package mutating func receive(_ frame: Frame, on id: LegID) {
    pass(frame.last.time)
    if live.count(frame, on: id) {
      link(FrameMark(WholeFrame(frame), in: frame.first), from: frame.side, of: id)
    }
    checkIfDue()
  }

  package mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on id: LegID
  ) {
    pass(packet.time)
    if live.count(frames, of: side, in: packet, on: id), self.frames != nil {
      for index in frames.indices { link(FrameMark(frames[index], in: packet), from: side, of: id) }
    }
    checkIfDue()
  }

  package mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on id: LegID) {
    pass(packet.time)
    if fronts.isSealed(id) {
      takeSealed(.stream(.acknowledged(side, upTo: upTo, packet)), on: id)
    } else {
      live.acknowledge(side, upTo: upTo, packet, on: id)
    }
    checkIfDue()
  }

  package mutating func receive(_ notice: CaptureNotice) {
    switch notice {
    case .time(_, let steady):
      clock.advance(to: steady)
      checkIfDue()
    case .dropped(let count, let realm, let place):
      drops.add(MissedPackets(count: count), realm: realm, place)
    case .outage(let realm, let place): drops.add(MissedPackets(hasOutage: true), realm: realm, place)
    case .ended, .pause: break
    }
  }

  /// The capture holds no more.
  package mutating func finish() {
    judgeAlone(upTo: nil)
    judgeUnrecognised(upTo: nil)
    for group in fronts.finish() { tell(group) }
    tellHeld(upTo: nil)
  }

  // MARK: Legs

  private mutating func open(_ opening: consuming LegOpening, _ id: LegID) {
    let leg = Leg(opening, id: id, capture: 0)
    guard !leg.isSealed else { return fronts.open(leg, id) }
    live.open(leg, id)
    components.add(id, leg.handshakeTraits)
    if leg.acceptToken == nil, frames == nil { linkAllFrames() }
  }

  private mutating func take(_ event: LegEvent, on id: LegID) {
    guard live.take(event, on: id) else { return }
    switch event {
    case .responded:
      if !fronts.isEmpty, let leg = live[id] { fronts.noteAnswer(leg, id, after: latest, at: now) }
      // With the request's key the token was known before.
      if let leg = live[id], leg.request?.expectedAccept == nil, let token = leg.response?.accept {
        components.link(id, .handshake(token))
      }
    case .stream(.began):
      if let trait = live[id].flatMap({ LegTrait.beginning($0) }) { components.link(id, trait) }
    case .stream(.closed):
      ended[id] = live.end(id)
      if let set = components.end(id) { judgeSoon(set, id) }
    case .refuted:
      ended[id] = live.end(id)
      forget([id])
      fronts.forget(id)
    default: break
    }
  }

  private func leg(_ id: LegID) -> Leg? { live[id] ?? ended[id] }

  private mutating func link(_ frame: FrameMark, from side: Side, of id: LegID) {
    guard let leg = live[id], leg[side].isBeginning else { return }
    frames?.add(frame, from: side, of: leg, id, to: &components)
  }

  private mutating func linkAllFrames() {
    var frames = FrameLinks()
    for (id, leg) in live.all + ended.map({ (id: $0.key, value: $0.value) }) {
      frames.add(leg, id, to: &components)
    }
    self.frames = frames
  }

  private mutating func takeSealed(_ event: LegEvent, on id: LegID) {
    for group in fronts.take(event, on: id, at: now) { tell(group) }
  }

  /// Forgets legs that have ended.
  private mutating func forget(_ ids: [LegID]) {
    for id in ids {
      if let leg = ended.removeValue(forKey: id) { frames?.remove(leg) }
    }
    let (live, ended, linksFrames) = (live, ended, frames != nil)
    components.remove(ids, isLive: { live.contains($0) }) { id in
      guard let leg = live[id] ?? ended[id] else { return [] }
      return leg.handshakeTraits + (linksFrames ? leg.frameTraits : [])
    }
  }

  // MARK: Sessions

  /// Judges a set of legs now, or later if it may lack one: a leg is often recognised only by its end.
  ///
  /// - Parameter hasWaited: whether one that stands alone has waited for others.
  private mutating func judgeSoon(_ ids: [LegID], _ last: LegID, hasWaited: Bool = false) {
    var legs: [Leg] = []
    legs.reserveCapacity(ids.count)
    for id in ids {
      if let leg = leg(id) { legs.append(leg) }
    }
    let mayLackOne = frames != nil && showsHops && ids.count == 1
    let isKnown = legs.count == ids.count && legs.allSatisfy { $0.acceptToken != nil }
    if !mayLackOne, isKnown, hasWaited || ids.count > 1 { return judge(ids, legs) }
    components.postpone(last)
    if !mayLackOne, isKnown {
      alone.add(last, due: now.advanced(bySeconds: Self.graceTime))
    } else {
      unrecognised.add(last, due: now.advanced(bySeconds: Self.holdTime))
    }
  }

  /// - Parameter time: `nil` for all.
  private mutating func judgeAlone(upTo time: Timestamp?) {
    for leg in alone.take(upTo: time) {
      if let ids = components.resume(leg) { judgeSoon(ids, leg, hasWaited: true) }
    }
  }

  /// - Parameter time: `nil` for all.
  private mutating func judgeUnrecognised(upTo time: Timestamp?) {
    for leg in unrecognised.take(upTo: time) {
      if let ids = components.resume(leg) { judge(ids, ids.compactMap { self.leg($0) }) }
    }
  }

  /// Judges a set of legs: sessions whose legs have all ended are told, or wait for the leg in front.
  private mutating func judge(_ ids: [LegID], _ legs: [Leg]) {
    guard let first = ids.first else { return }
    let heeded = drops.isEmpty ? legs : legs.map { heedingDrops($0) }
    var sessions = SessionBuilder(heeded, clocks, frames).sessions
    if sessions.contains(where: { $0.legs.count > 1 }) { showsHops = true }
    var told: [LegID] = []
    if components.haveAllEnded(with: first), fronts.isEmpty {
      told = ids
      for index in sessions.indices { finish(&sessions[index]) }
    } else {
      components.noteJudged(first)
      for index in sessions.indices {
        let own = sessions[index].legs.flatMap { $0.observations.map { LegID(rawValue: $0.number) } }
        guard own.allSatisfy({ ended[$0] != nil }) else { continue }
        told += own
        tellOrWait(&sessions[index], own.sorted())
      }
    }
    forget(told)
  }

  private mutating func tellOrWait(_ session: inout Session, _ ids: [LegID]) {
    if fronts.isEmpty { return finish(&session) }
    let legs = ids.compactMap { ended[$0] }.map(heedingDrops)
    if let group = fronts.place(session, legs, ids, at: now) { tell(group) }
  }

  private func sessions(of group: FrontSearch.Group) -> [Session] {
    if group.isCrowded { return SessionBuilder(group.legs, clocks).sessions(behind: .unclear(nil)) }
    let sealed = fronts.fronts(of: group).map(heedingDrops)
    if sealed.isEmpty { return [group.session] }
    let sessions = SessionBuilder(group.legs + sealed, clocks).sessions
    let isContested = sessions.contains { session in
      session.client.isSealed
        && fronts.isContested(session.client, of: group) { live[$0] ?? ended[$0] }
    }
    return isContested ? SessionBuilder(group.legs, clocks).sessions(behind: .unclear(nil)) : sessions
  }

  private mutating func tell(_ group: FrontSearch.Group) {
    var sessions = sessions(of: group)
    for index in sessions.indices { finish(&sessions[index]) }
    fronts.release(group, behind: sessions.first { $0.client.isSealed }?.client)
  }

  /// The leg with what it may lack.
  private func heedingDrops(_ leg: Leg) -> Leg {
    guard !drops.isEmpty else { return leg }
    var leg = leg
    leg.missed = drops.missed(in: leg.connection.realm, after: leg.wholeAt)
    return leg
  }

  private mutating func finish(_ session: inout Session) {
    count += 1
    session.id = count
    endings.note(session)
    // What has nothing in common with others is told at once.
    guard session.endedWithoutClose != nil else {
      session.findings = FindingCatalogue.findings(in: session, context)
      return emit(session)
    }
    held.add(session, due: now.advanced(bySeconds: Self.holdTime))
    if held.count > Self.maxHeld { tellHeld(upTo: now.advanced(bySeconds: Self.holdTime)) }
  }

  /// Tells what has waited long enough.
  private mutating func check() {
    lastCheck = now
    judgeAlone(upTo: now)
    judgeUnrecognised(upTo: now)
    let (live, ended) = (live, ended)
    for group in fronts.due(at: now, { live[$0] ?? ended[$0] }) { tell(group) }
    tellHeld(upTo: now)
  }

  /// - Parameter time: `nil` for all.
  private mutating func tellHeld(upTo time: Timestamp?) {
    var due = held.take(upTo: time)
    guard !due.isEmpty else { return }
    let context = context.with(endings.common(to: due, open: live))
    for index in due.indices {
      due[index].findings = FindingCatalogue.findings(in: due[index], context)
      emit(due[index])
    }
  }
}

extension LegStream {
  /// Whether its frames so far are the first, by which it is known again.
  fileprivate var isBeginning: Bool { frames <= UInt64(FrameMarks.maxKept) }
}

extension LegOpening {
  /// The packet that brought it.
  fileprivate var packet: PacketReference { request?.packet ?? connection.openedAt }
}

extension StreamEvent {
  /// The packet that brought it; `nil` where others tell.
  fileprivate var timedPacket: PacketReference? {
    switch self {
    case .acknowledged(_, _, let packet), .ended(_, _, _, let packet), .record(_, _, _, let packet): packet
    default: nil
    }
  }
}
