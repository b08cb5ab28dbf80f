import Capture
import Limits
import Streams
import TLSDecode
import WSDecode

/// Finds the encrypted leg in front of a session's proxy, where the captures hold one and no keys.
package struct SealedHops {
  package enum Front: Sendable {
    /// No encrypted leg can be in front.
    case none
    /// One is, and its bytes were counted.
    case leg(Leg, ByteAccount)
    /// Some may be, and the counts do not tell which, or what it passed on; with the cipher suite that closes them all,
    /// keys or not, if there is one.
    case unclear(CipherSuite?)
  }

  /// Seconds in which a proxy passes on a request that it has nothing to ask about.
  private static let promptness = 0.1
  private let sealed: [Leg]
  private var answers = SealedAnswers<Int>()
  /// Legs of which only the first records are kept: they may have sent some at any time.
  private var cut: [Int] = []
  /// Legs by where they end, the last to end first: those of a few clients, of which one at least is not at an end of a leg
  /// behind.
  private var lastAt: [Place: [Int]] = [:]
  private static let fewClients = 3

  /// An address in a capture.
  private struct Place: Hashable {
    var host: HostAddress
    var capture: Int
  }

  init(_ sealed: [Leg]) {
    self.sealed = sealed
    for (index, leg) in sealed.enumerated() {
      for capture in Set(leg.observations.map(\.capture)) {
        lastAt[Place(host: leg.connection.serverHost, capture: capture), default: []].append(index)
      }
      guard sealed.count > Self.few, let records = leg.sealed?.server else { continue }
      if records.isCut { cut.append(index) }
      var previous: PacketReference?
      for record in records.data {
        answers.add(record.packet, behind: previous, of: index)
        previous = record.packet
      }
    }
    lastAt = lastAt.mapValues { Self.lastOfFewClients($0, sealed) }
  }

  private static func lastOfFewClients(_ indices: [Int], _ legs: [Leg]) -> [Int] {
    var clients: Set<IPAddress> = []
    var last: [Int] = []
    for index in indices.sorted(by: { isLater(legs[$0].firstEnd?.end.packet, legs[$1].firstEnd?.end.packet) })
    where clients.insert(legs[index].connection.client.address).inserted {
      last.append(index)
      if last.count == fewClients { break }
    }
    return last
  }

  /// - Parameters: `nil` is what has not ended.
  private static func isLater(_ a: PacketReference?, _ b: PacketReference?) -> Bool {
    guard let b else { return false }
    return a.map { $0.time > b.time } ?? true
  }

  /// The legs in front of sessions, each by the client-most leg that can be read. A leg that may be in front of two
  /// is in front of neither.
  func fronts(of legs: [Leg]) -> [Front] {
    var claims: [LegObservation: Int] = [:]
    let found = legs.map { leg in
      let behind = LegBehind(answered: leg)
      let candidates = behind.flatMap { self.candidates(for: $0) }
      let front = self.front(of: leg, behind, candidates)
      for (other, account) in candidates ?? []
      where account.isComplete || behind?.isUnderstood == false || front.isLeg(other) {
        claims[other.observations.first, default: 0] += 1
      }
      return front
    }
    return found.map { front in
      if case .leg(let leg, _) = front, claims[leg.observations.first] != 1 { return .unclear(nil) }
      return front
    }
  }

  private typealias Candidate = (leg: Leg, account: ByteAccount)

  /// - Parameter candidates: `nil` if they are too many.
  private func front(of leg: Leg, _ behind: LegBehind?, _ candidates: [Candidate]?) -> Front {
    guard Self.mayHaveFront(leg) else { return .none }
    guard leg.request != nil, leg.response != nil else {
      // Without the handshake nothing tells where to begin counting.
      return hasOneAtProxy(leg) ? .unclear(nil) : .none
    }
    guard behind != nil else { return .none }
    guard let candidates else { return .unclear(nil) }
    let complete = candidates.filter { $0.account.isComplete }
    if complete.count == 1 { return .leg(complete[0].leg, complete[0].account) }
    // Fewer bytes are no fingerprint: only if no other leg can be meant, and its handshake fits closely.
    if candidates.count == 1, candidates[0].account.isClearlyShort,
      candidates[0].account.requestDelay < Self.promptness
    {
      return .leg(candidates[0].leg, candidates[0].account)
    }
    return candidates.isEmpty ? .none : .unclear(Self.closedSuite(of: candidates))
  }

  private static func closedSuite(of candidates: [Candidate]) -> CipherSuite? {
    let suite = candidates.first?.leg.closedSuite
    return candidates.allSatisfy { $0.leg.closedSuite == suite } ? suite : nil
  }

  /// How many legs are looked at to find the one in front; where there are more it is unclear.
  static let maxFronts = Limits.standard.maxFronts
  /// So many are all looked at.
  private static let few = 16

  /// - Returns: `nil` if there are too many.
  private func near(_ leg: LegBehind) -> [Int]? {
    if sealed.count <= Self.few { return Array(sealed.indices) }
    guard let prompt = answers.legs(behind: leg.response) else { return nil }
    let all = prompt + cut.filter { ByteAccount.mayBeTaken(sealed[$0], leg) }
    return all.count > Self.maxFronts ? nil : all
  }

  /// - Returns: `nil` if there are too many.
  private func candidates(for leg: LegBehind) -> [Candidate]? {
    near(leg)?.sortedOnce().compactMap { index in
      ByteAccount(sealed[index], leg).map { (sealed[index], $0) }
    }
  }

  /// Those of many legs on which it hangs which is in front of another: all that fit, and of the others no more than it
  /// takes to tell that there are several, and whether one cipher suite closes them all.
  static func telling(_ candidates: [Leg], _ leg: LegBehind) -> [Leg] {
    var others: [Leg] = []
    return candidates.filter { candidate in
      guard let account = ByteAccount(candidate, leg) else { return false }
      if account.isComplete || others.contains(where: { $0.beginsLike(candidate) }) { return true }
      let isOfNewSuite = others.allSatisfy { $0.closedSuite != candidate.closedSuite }
      guard others.count < 2 || isOfNewSuite else { return false }
      others.append(candidate)
      return true
    }
  }

  /// Whether some leg ends where this one begins, and was open with it.
  private func hasOneAtProxy(_ leg: Leg) -> Bool {
    let begin = leg.beginning
    let captures = leg.observations.map(\.capture)
    return captures.contains { capture in
      (lastAt[Place(host: Self.proxyHost(of: leg), capture: capture)] ?? []).contains { index in
        (sealed[index].firstEnd.map { begin.precedes($0.end.packet) } ?? true)
          && sealed[index].isNear(leg.connection, captures)
      }
    }
  }

  /// Whether the leg was made by a proxy.
  static func mayHaveFront(_ leg: Leg) -> Bool { leg.isLocal || leg.comesFromProxy }

  /// The host from which the leg was made.
  static func proxyHost(of leg: Leg) -> HostAddress {
    leg.isLocal ? leg.connection.serverHost : leg.connection.clientHost
  }
}

extension SealedHops.Front {
  fileprivate func isLeg(_ leg: Leg) -> Bool {
    if case .leg(let front, _) = self {
      front.observations.first == leg.observations.first
    } else {
      false
    }
  }
}

extension Leg {
  /// Whether an encrypted leg is in one of the captures of a leg that a proxy made, and not behind the proxy itself.
  func isNear(_ inner: Connection, _ captures: [Int]) -> Bool {
    let client = connection.client.address
    // What the proxy's own host connects to lies behind it.
    return client != inner.client.address && client != inner.server.address
      && observations.contains { captures.contains($0.capture) }
  }

  /// Whether two legs may be observations of one.
  fileprivate func beginsLike(_ other: Leg) -> Bool {
    client.base != nil && client.base == other.client.base && server.base == other.server.base
  }
}
