import Capture
import Streams
import WSDecode

/// Who ended a session, as far as it was captured: the sender of the first FIN or RST on any leg.
struct EndOrigin: Sendable {
  enum Party: Hashable {
    /// At the client's end of the client-most leg.
    case client
    /// The proxy behind the leg of this index.
    case proxy(behind: Int)
    /// At the server's end of the last leg.
    case server
  }
  let party: Party
  let end: SeenEnd

  init?(_ legs: [Leg]) {
    let ends = legs.indices.compactMap { index in
      legs[index].ending.map { (leg: index, side: $0.side, end: $0.end) }
    }
    // An end that is not in the capture may be the first.
    guard legs.allSatisfy({ $0.firstEnd == nil || $0.ending != nil }) else { return nil }
    guard var first = ends.min(by: { $0.end.packet.precedes($1.end.packet) }) else { return nil }
    // An end travels on: the neighbour's end in the same direction is its cause, even if the clocks of two
    // captures show it a little later.
    let step = first.side == .server ? 1 : -1
    while let cause = ends.first(where: { $0.leg == first.leg + step }), cause.side == first.side,
      cause.end.packet.time.seconds(since: first.end.packet.time) <= Self.clockError
    {
      first = cause
    }
    end = first.end
    switch first.side {
    case .client: party = first.leg == 0 ? .client : .proxy(behind: first.leg - 1)
    case .server: party = first.leg == legs.count - 1 ? .server : .proxy(behind: first.leg)
    }
  }

  /// What `ClockOffsets` leaves uncorrected, twice.
  private static let clockError = 0.01
}

/// One end of a captured leg, as a sentence names it.
struct PartyLabel {
  /// `the server (10.9.2.2:9900)`
  let text: String
  /// Of all its connections: `the server (10.9.2.2)`
  let host: String
  let hostAddress: HostAddress
  /// The name by which it calls itself, if that is a proxy's.
  let proxyName: String?
  /// Whether something tells that it is a proxy.
  let isProxy: Bool

  init(_ party: EndOrigin.Party, of session: Session) {
    switch party {
    case .client:
      let end = session.client.connection.client
      hostAddress = session.client.connection.clientHost
      proxyName = nil
      isProxy = Proxy.evidence(in: session.client.request) != nil
      let name = session.client.request == nil ? "the client's end" : "the client"
      text = isProxy ? "the proxy at \(end)" : "\(name) (\(end))"
      host = isProxy ? "the proxy at \(end.address)" : "\(name) (\(end.address))"
    case .proxy(let index):
      let hop = session.hops[index]
      hostAddress = hop.outer.connection.serverHost
      proxyName = hop.name
      isProxy = true
      text = hop.label
      host = hop.label
    case .server:
      let leg = session.legs[session.legs.count - 1]
      let end = leg.connection.server
      hostAddress = leg.connection.serverHost
      proxyName = Proxy.name(in: leg.response)
      isProxy = proxyName != nil
      let name = leg.response == nil ? "the server's end" : "the server"
      text = isProxy ? "\(Self.proxy(proxyName)) at \(end)" : "\(name) (\(end))"
      host = isProxy ? "\(Self.proxy(proxyName)) at \(end.address)" : "\(name) (\(end.address))"
    }
  }

  /// `the Envoy proxy`
  static func proxy(_ name: String?) -> String {
    guard let name else { return "the proxy" }
    return ["HAProxy", "AWS load balancer"].contains(name) ? "the \(name)" : "the \(name) proxy"
  }
}

extension Session {
  func label(_ party: EndOrigin.Party) -> PartyLabel { PartyLabel(party, of: self) }

  /// A WebSocket that ended, without a Close frame from either side on any captured leg.
  var endedWithoutClose: EndOrigin? {
    guard verdict == .absent, isWebSocket, clientClose == nil, legs.contains(where: \.showsAllFromClient)
    else { return nil }
    return origin
  }
}

extension Leg {
  /// Whether no Close frame of the client's can have been overlooked.
  var showsAllFromClient: Bool {
    client.isUnderstood && (server.acknowledged != nil || client.end != nil || client.frames > 0)
  }

  /// One of the ends is a loopback address: what answers here is on the same machine as what asks.
  var isLocal: Bool { connection.client.address.isLoopback || connection.server.address.isLoopback }
}
