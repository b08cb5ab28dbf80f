import Capture

/// What sessions that one address ended have in common, by the sessions' numbers.
struct CommonEndings {
  fileprivate(set) var bursts: [Int: EndingBurst] = [:]
  fileprivate(set) var silences: [Int: EqualSilence] = [:]
}

/// How the sessions ended that each address had.
struct EndingHistory {
  private var places: [Place: PlaceEndings] = [:]
  /// How many addresses are remembered; `nil` for all, and all of their history.
  private let maxPlaces: Int?

  /// Of a capture that is over.
  init() { maxPlaces = nil }

  /// Of a capture that goes on and on: what has become history is forgotten.
  init(maxPlaces: Int) { self.maxPlaces = maxPlaces }

  var placeCount: Int { places.count }

  /// An address, at the client's end of what it ends or at any other.
  private struct Place: Hashable {
    var host: HostAddress
    var isClientSide: Bool
  }

  mutating func note(_ session: Session) {
    var end: Timestamp?
    for leg in session.legs {
      guard let time = leg.firstEnd?.end.packet.time else { continue }
      end = min(end ?? time, time)
    }
    let start = session.start.time
    note(Place(host: session.client.connection.clientHost, isClientSide: true), start, end)
    noteServers(of: session.legs, start, end)
    guard let (place, origin) = Self.ending(of: session) else { return }
    places[place, default: PlaceEndings()].note(
      PlaceEndings.Ending(
        session: session.id, time: origin.end.packet.time,
        silence: Silence(session, until: origin.end)?.seconds))
  }

  /// Notes each address once.
  private mutating func noteServers(of legs: [Leg], _ start: Timestamp, _ end: Timestamp?) {
    guard legs.count > 2 else {
      let first = legs[0].connection.serverHost
      note(Place(host: first, isClientSide: false), start, end)
      guard let last = legs.last?.connection.serverHost, last != first else { return }
      return note(Place(host: last, isClientSide: false), start, end)
    }
    let servers = legs.map(\.connection.serverHost).sorted()
    for (index, host) in servers.enumerated() where index == 0 || servers[index - 1] != host {
      note(Place(host: host, isClientSide: false), start, end)
    }
  }

  private mutating func note(_ place: Place, _ start: Timestamp, _ end: Timestamp?) {
    places[place, default: PlaceEndings()].note(from: start, to: end, forgets: maxPlaces != nil)
    guard let maxPlaces, places.count > min(nextLook, maxPlaces) else { return }
    forgetHistory(before: end ?? start)
    if places.count > maxPlaces { forgetPlaces(except: place, maxPlaces) }
  }

  /// How many addresses there have to be before it is worth looking for those that are history.
  private var nextLook = minLook
  private static let minLook = 1 << 10

  /// Clients are many, and most have one session and end nothing.
  private mutating func forgetHistory(before now: Timestamp) {
    places = places.filter { !$0.value.isHistory(at: now) }
    nextLook = max(Self.minLook, places.count * 2)
  }

  private mutating func forgetPlaces(except place: Place, _ maxPlaces: Int) {
    places = places.filter { $0.key == place || $0.value.hasEndings }
    // More addresses that do than any proxy has: nothing can be told of them.
    if places.count > maxPlaces / 2 { places = places.filter { $0.key == place } }
  }

  private static func ending(of session: Session) -> (Place, EndOrigin)? {
    guard let origin = session.endedWithoutClose else { return nil }
    let label = session.label(origin.party)
    // A client that goes is nothing that clients have in common.
    guard label.isProxy || origin.party != .client else { return nil }
    return (Place(host: label.hostAddress, isClientSide: origin.party == .client), origin)
  }

  /// What all sessions so far have in common, in n log n time.
  var common: CommonEndings {
    var common = CommonEndings()
    for var place in places.values {
      place.sort()
      Self.add(place, to: &common)
    }
    return common
  }

  /// What some sessions have in common with others.
  ///
  /// - Parameter open: legs that have not ended.
  mutating func common(to sessions: [Session], open: LegSlots<Leg>) -> CommonEndings {
    var common = CommonEndings()
    var relevant: [Place: PlaceEndings] = [:]
    for session in sessions {
      guard let place = Self.ending(of: session)?.0, relevant[place] == nil else { continue }
      // All places that there are may be many more.
      guard places[place]?.mayHaveCommonEndings == true else { continue }
      places[place]?.sort()
      relevant[place] = places[place]
    }
    // How many a place had matters only where many ended at once, and those that are open can only be too many.
    let hasBursts = relevant.values.contains { !EndingBurst.all(in: $0).isEmpty }
    if hasBursts {
      open.forEach { leg in
        let begin = leg.beginning.time
        relevant[Place(host: leg.connection.serverHost, isClientSide: false)]?.note(from: begin, to: nil)
        relevant[Place(host: leg.connection.clientHost, isClientSide: true)]?.note(from: begin, to: nil)
      }
    }
    for var place in relevant.values {
      if hasBursts { place.sort() }
      Self.add(place, to: &common)
    }
    return common
  }

  /// - Parameter place: sorted.
  private static func add(_ place: PlaceEndings, to common: inout CommonEndings) {
    guard place.mayHaveCommonEndings else { return }
    for burst in EndingBurst.all(in: place) {
      for id in burst.sessions { common.bursts[id] = burst }
    }
    guard let silence = EqualSilence(place) else { return }
    for id in silence.sessions { common.silences[id] = silence }
  }
}
