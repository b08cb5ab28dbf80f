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

/// One end of a captured leg, as a sentence names it. Most are asked what they are, and not for a text.
struct PartyLabel {
  private let end: Endpoint
  let hostAddress: HostAddress
  /// The name by which it calls itself, if that is a proxy's.
  let proxyName: String?
  /// Whether something tells that it is a proxy.
  let isProxy: Bool
  /// What it is called if nothing does.
  private let role: String
  /// Whether it is the proxy between two captured legs: that is one host, whatever the port.
  private let isBetweenLegs: Bool

  init(_ party: EndOrigin.Party, of session: borrowing Session) {
    let leg: Leg
    switch party {
    case .client:
      leg = session.client
      proxyName = nil
      isProxy = leg.comesFromProxy
      role = leg.hasRequest ? "the client" : "the client's end"
      isBetweenLegs = false
    case .proxy(let index):
      leg = session.hops[index].outer
      proxyName = leg.proxyName
      isProxy = true
      role = ""
      isBetweenLegs = true
    case .server:
      leg = session.legs[session.legs.count - 1]
      proxyName = leg.proxyName
      isProxy = proxyName != nil
      role = leg.hasResponse ? "the server" : "the server's end"
      isBetweenLegs = false
    }
    end = party == .client ? leg.connection.client : leg.connection.server
    hostAddress = party == .client ? leg.connection.clientHost : leg.connection.serverHost
  }

  /// `the server (10.9.2.2:9900)`
  var text: String { isBetweenLegs ? host : text(at: "\(end)") }

  /// Of all its connections: `the server (10.9.2.2)`
  var host: String { text(at: "\(end.address)") }

  private func text(at place: String) -> String {
    isProxy ? "\(Self.proxy(proxyName)) at \(place)" : "\(role) (\(place))"
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
