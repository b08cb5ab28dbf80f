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
    var earliest: (leg: Int, side: Side, end: SeenEnd)?
    for index in legs.indices where legs[index].hasEnd {
      // An end that is not in the capture may be the first.
      guard let (side, end) = legs[index].ending else { return nil }
      if earliest.map({ end.packet.precedes($0.end.packet) }) ?? true { earliest = (index, side, end) }
    }
    guard let first = earliest else { return nil }
    var (leg, end) = (first.leg, first.end)
    let side = first.side
    // An end travels on: the neighbour's end in the same direction is its cause, even if the clocks of two
    // captures show it a little later.
    let step = side == .server ? 1 : -1
    while legs.indices.contains(leg + step), let cause = legs[leg + step].ending(by: side),
      cause.packet.time.seconds(since: end.packet.time) <= Self.clockError
    {
      (leg, end) = (leg + step, cause)
    }
    self.end = end
    switch side {
    case .client: party = leg == 0 ? .client : .proxy(behind: leg - 1)
    case .server: party = leg == legs.count - 1 ? .server : .proxy(behind: leg)
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
