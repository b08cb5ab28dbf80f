import Capture
import Streams
import WSDecode

/// Finds the encrypted leg in front of a session's proxy, where the captures hold one and no keys.
package struct SealedHops {
  package enum Front: Sendable {
    /// No encrypted leg can be in front.
    case none
    /// One is, and its bytes were counted.
    case leg(Leg, ByteAccount)
    /// Some may be, and the counts do not tell which, or what it passed on.
    case unclear
  }

  private let sealed: [Leg]
  /// Seconds in which a proxy passes on an answer, and a request that it has nothing to ask about.
  private static let promptness = 0.1
  /// Seconds that a proxy may take to authorize a request.
  static let patience = 2.0

  /// Legs by the seconds in which their clients sent records, and by the address at which they end.
  private var bySecond: [Int64: [Int]] = [:]
  private var byHost: [HostAddress: [Int]] = [:]

  init(_ sealed: [Leg]) {
    self.sealed = sealed
    for (index, leg) in sealed.enumerated() {
      byHost[leg.connection.serverHost, default: []].append(index)
      for record in leg.sealed?.client.all ?? [] where record.mayBeData {
        let second = Self.second(record.packet)
        if bySecond[second]?.last != index { bySecond[second, default: []].append(index) }
      }
    }
  }

  private static func second(_ packet: PacketReference) -> Int64 { packet.time.nanoseconds / 1_000_000_000 }

  /// The legs in front of sessions, each by the client-most leg that can be read. A leg that may be in front of two
  /// is in front of neither.
  func fronts(of legs: [Leg]) -> [Front] {
    let found = legs.map { front(of: $0) }
    var uses: [LegObservation: Int] = [:]
    for case .leg(let leg, _) in found { uses[leg.observations[0], default: 0] += 1 }
    return found.map { front in
      if case .leg(let leg, _) = front, uses[leg.observations[0]] != 1 { return .unclear }
      return front
    }
  }

  private func front(of leg: Leg) -> Front {
    guard Self.mayHaveFront(leg) else { return .none }
    guard let request = leg.request, leg.response != nil else {
      // Without the handshake nothing tells where to begin counting.
      let atProxy = byHost[Self.proxyHost(of: leg)] ?? []
      return atProxy.contains { isNear(sealed[$0], leg) && overlaps(sealed[$0], leg) } ? .unclear : .none
    }
    let second = Self.second(request.packet)
    let recent = Set((-Int64(Self.patience) - 1...1).flatMap { bySecond[second &+ $0] ?? [] })
    let candidates = recent.sorted().compactMap { index -> (leg: Leg, account: ByteAccount)? in
      let candidate = sealed[index]
      guard isNear(candidate, leg), let account = ByteAccount(candidate, leg),
        account.requestDelay < Self.patience,
        account.answerDelay < Self.promptness
      else { return nil }
      return (candidate, account)
    }
    let complete = candidates.filter { $0.account.outcome == .complete && $0.account.clientFits }
    if complete.count == 1 { return .leg(complete[0].leg, complete[0].account) }
    // Fewer bytes are no fingerprint: only if no other leg can be meant, and its handshake fits closely.
    if candidates.count == 1, candidates[0].account.isClearlyShort,
      candidates[0].account.requestDelay < Self.promptness
    {
      return .leg(candidates[0].leg, candidates[0].account)
    }
    return candidates.isEmpty ? .none : .unclear
  }

  /// Whether the leg was made by a proxy.
  static func mayHaveFront(_ leg: Leg) -> Bool { leg.isLocal || leg.proxyField != nil }

  /// The host from which the leg was made.
  static func proxyHost(of leg: Leg) -> HostAddress {
    leg.isLocal ? leg.connection.serverHost : leg.connection.clientHost
  }

  private func isNear(_ candidate: Leg, _ leg: Leg) -> Bool {
    sharesCapture(candidate, leg) && !isBehind(candidate, leg)
  }

  private func sharesCapture(_ candidate: Leg, _ leg: Leg) -> Bool {
    let captures = Set(leg.observations.map(\.capture))
    return candidate.observations.contains { captures.contains($0.capture) }
  }

  /// What the proxy's own host connects to lies behind it.
  private func isBehind(_ candidate: Leg, _ leg: Leg) -> Bool {
    let client = candidate.connection.client.address
    return client == leg.connection.client.address || client == leg.connection.server.address
  }

  private func overlaps(_ candidate: Leg, _ leg: Leg) -> Bool {
    guard let end = candidate.firstEnd?.end.packet else { return true }
    return leg.beginning.precedes(end)
  }
}
