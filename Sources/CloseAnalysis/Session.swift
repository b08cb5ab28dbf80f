import Capture
import Streams
import TLSDecode
import WSDecode

/// One WebSocket from end to end, as the captures show it, and what is concluded from that.
package struct Session: Sendable {
  /// Unique in one report, in the order in which the sessions begin.
  package var id: Int
  /// Client side first; at least one.
  package let legs: [Leg]
  package var judgement: Judgement
  package var close: ServerClose?
  package var teardown: Teardown?
  /// Found last, when all sessions are known.
  package var findings: [Finding] = []

  /// What was counted to cross the client-most leg, if that is encrypted.
  package private(set) var account: ByteAccount?
  /// The cipher suite of what is or may be in front of the legs that can be read, if no keys open it.
  private(set) var closedSuite: CipherSuite?
  package let hop: Hop
  /// Who ended it; `nil` if no leg has ended.
  let origin: EndOrigin?
  /// The captured proxies, client side first.
  private(set) var hops: [ProxyHop] = []

  /// - Parameters:
  ///   - front: the encrypted leg in front of those that can be read.
  ///   - clocks: those of the captures; times between unrelated ones are not told.
  init(id: Int, legs: [Leg], front: SealedHops.Front, _ clocks: borrowing CaptureClocks) {
    self.id = id
    switch front {
    case .none:
      self.legs = legs
      judgement = Judgement(legs)
    case .unclear(let suite):
      self.legs = legs
      closedSuite = suite
      judgement = Judgement(legs).hidden
    case .leg(let leg, let account):
      self.legs = [leg] + legs
      self.account = account
      closedSuite = leg.closedSuite
      judgement = Judgement(self.legs, account)
    }
    let legs = self.legs
    hop = Hop(before: legs[0])
    origin = EndOrigin(legs)
    close = Self.serverClose(legs)
    teardown = Self.teardown(of: legs, closeOn: account?.closeRecord?.packet)
    if let close, let packet = judgement.delivery.packet, clocks.areMeasured(close.seen.frame.last, packet) {
      judgement.delivery.latency = packet.time.seconds(since: close.seen.frame.last.time)
    }
    hops = Self.hops(legs, account)
  }

  package var verdict: Verdict { judgement.verdict }
  package var clientSees: [ClientOutcome] { ClientOutcome.predict(self) }
  package var client: Leg { legs[0] }

  /// The client's opening handshake; that of the leg behind if TLS hides the client-most one.
  package var request: UpgradeRequest? {
    client.isSealed ? legs.dropFirst().first?.request : client.request
  }

  /// Of the same handshake.
  var userAgent: String? {
    client.isSealed ? legs.dropFirst().first?.request?.userAgent : client.request?.userAgent
  }

  /// The Close frame that the client sent, on the client-most leg that carries one.
  package var clientClose: SeenClose? {
    legs.first(where: \.client.hasWholeClose)?.client.close
  }

  /// The first limit of the program that the session's legs have hit, and whether a leg was forgotten for it.
  var limit: (option: StreamLimit, isForgotten: Bool)? {
    for leg in legs {
      if let limit = leg.server.limit ?? leg.client.limit { return (limit, false) }
      if let limit = leg.forgotten, leg.firstEnd == nil { return (limit, true) }
    }
    return nil
  }

  /// The moment that offsets in the report count from.
  package var start: PacketReference { client.beginning }

  /// - Parameter account: of the client-most leg, if that is encrypted.
  private static func hops(_ legs: [Leg], _ account: ByteAccount?) -> [ProxyHop] {
    guard legs.count > 1 else { return [] }
    var hops = [ProxyHop(legs, outer: 0, account)]
    for outer in 1..<legs.count - 1 { hops.append(ProxyHop(legs, outer: outer, nil)) }
    return hops
  }

  private static func serverClose(_ legs: [Leg]) -> ServerClose? {
    guard let index = legs.lastIndex(where: \.server.hasWholeClose),
      let seen = legs[index].server.close
    else { return nil }
    let other = legs[index].client.hasWholeClose ? legs[index].client.close?.frame.last : nil
    let isFirst = other.map { !$0.precedes(seen.frame.last) } ?? true
    return ServerClose(initiator: isFirst ? .server : .client, seen: seen, leg: index)
  }

  private static func teardown(of legs: [Leg], closeOn record: PacketReference?) -> Teardown? {
    guard let (side, end) = legs[0].firstEnd else { return nil }
    let close = record ?? (legs[0].server.hasWholeClose ? legs[0].server.close?.frame.last : nil)
    return Teardown(
      by: legs[0].ending == nil ? .unknown : side == .client ? .client : partyBehind(legs), end: end,
      afterClose: close.map { end.packet.time.seconds(since: $0.time) })
  }

  /// What stands at the server's end of the client-most leg.
  private static func partyBehind(_ legs: [Leg]) -> TeardownParty {
    if legs.count > 1 { return .proxy }
    // Without the 101 nobody has told whether a server stands there or a proxy.
    guard legs[0].response != nil else { return .unknown }
    return legs[0].proxyName == nil ? .server : .proxy
  }
}

/// What a proxy passed on toward the client of what it got.
package struct Forwarding: Hashable, Sendable {
  /// The leg in front of the proxy, as an index of the session's legs.
  package var leg: Int
  /// Bytes behind the handshake that the proxy received from the server's side before it ended a connection.
  package var received: UInt64
  /// Bytes behind the handshake that it sent toward the client.
  package var forwarded: UInt64
  package var dropped: UInt64 { received - min(forwarded, received) }
}

extension Session {
  /// What the proxy passed on that did not pass on the Close frame, else the first one from the client that
  /// dropped something, else the one behind the client-most leg; `nil` with one leg, or if its legs' bytes cannot
  /// be compared.
  package var forwarding: Forwarding? {
    if let leg = legBeforeLoss { return hops[leg].passedOn }
    return hops.lazy.compactMap(\.passedOn).first { $0.dropped > 0 } ?? hops.first?.passedOn
  }

  /// The leg on which the server's Close frame is missing although the leg behind it has it; `nil` if the frame is
  /// on the client-most leg, or nowhere.
  package var legBeforeLoss: Int? {
    legs.firstIndex(where: \.server.hasWholeClose).flatMap { $0 > 0 ? $0 - 1 : nil }
  }
}
