import Capture
import Streams
import WSDecode

/// The TLS connections of a capture that stay closed: any of them may be the leg in front of a proxy.
///
/// A proxy asks upstream within seconds of being asked, so the candidates are known when the leg behind begins. One
/// that has ended is kept as long as such a leg may need it.
struct SealedLegs {
  private var live: [LegID: Leg] = [:]
  /// Those that have ended and are candidates for legs that have not.
  private var ended: [LegID: Leg] = [:]
  private var references: [LegID: Int] = [:]
  /// Which clients sent records lately, by second.
  private var recent: [(second: Int64, legs: Set<LegID>)] = []
  private var hosts: [HostAddress: Host] = [:]

  /// What ends at an address.
  private struct Host {
    var live: Set<LegID> = []
    var last: Leg?
  }

  /// Seconds before a request in which a record may have carried it to the proxy.
  private static let window = Int64(SealedHops.patience) + 1
  private static let maxHosts = 4096

  var isEmpty: Bool { live.isEmpty && ended.isEmpty && hosts.isEmpty }

  func isLive(_ id: LegID) -> Bool { live[id] != nil }

  mutating func open(_ leg: Leg, _ id: LegID) {
    live[id] = leg
    let host = leg.connection.serverHost
    if hosts[host] != nil || hosts.count < Self.maxHosts {
      hosts[host, default: Host()].live.insert(id)
    }
  }

  mutating func take(_ event: LegEvent, on id: LegID) {
    live[id]?.take(event)
    if case .stream(.record(.client, _, _, let packet)) = event { noteRecord(of: id, at: packet.time) }
  }

  private mutating func noteRecord(of id: LegID, at time: Timestamp) {
    let second = time.nanoseconds / 1_000_000_000
    if let last = recent.last, last.second >= second {
      recent[recent.count - 1].legs.insert(id)
    } else {
      recent.removeAll { $0.second < second - Self.window }
      recent.append((second, [id]))
    }
  }

  mutating func end(_ id: LegID) {
    guard let leg = live.removeValue(forKey: id) else { return }
    if references[id] != nil { ended[id] = leg }
    let host = leg.connection.serverHost
    hosts[host]?.live.remove(id)
    hosts[host]?.last = leg
  }

  mutating func refute(_ id: LegID) {
    guard let leg = live.removeValue(forKey: id) else { return }
    hosts[leg.connection.serverHost]?.live.remove(id)
  }

  // MARK: The legs in front

  /// Those that may be in front of a leg that begins now; they are kept until they are released.
  mutating func candidates(for leg: Leg) -> Set<LegID> {
    guard let request = leg.request, SealedHops.mayHaveFront(leg) else { return [] }
    let second = request.packet.time.nanoseconds / 1_000_000_000
    let near = recent.filter { $0.second >= second - Self.window }.reduce(into: Set()) {
      $0.formUnion($1.legs)
    }
    let candidates = near.filter { live[$0] != nil }
    for id in candidates { references[id, default: 0] += 1 }
    return candidates
  }

  mutating func release(_ ids: Set<LegID>) {
    for id in ids {
      guard let count = references[id] else { continue }
      references[id] = count > 1 ? count - 1 : nil
      if count == 1 { ended[id] = nil }
    }
  }

  /// The candidates, and for a leg without a handshake one that ends at its proxy, if there is any.
  func legs(_ candidates: Set<LegID>, for leg: Leg) -> [Leg] {
    let own = candidates.compactMap { live[$0] ?? ended[$0] }
    guard leg.request == nil || leg.response == nil, SealedHops.mayHaveFront(leg),
      let host = hosts[SealedHops.proxyHost(of: leg)]
    else { return own }
    return own + [host.live.first.flatMap { live[$0] } ?? host.last].compactMap { $0 }
  }
}
