import Capture
import Streams
import WSDecode

/// One WebSocket from end to end, as the captures show it, and what is concluded from that.
package struct Session: Sendable {
  /// Unique in one report, in the order in which the sessions begin.
  package var id: Int
  /// Client side first; at least one.
  package var legs: [Leg]
  package var judgement: Judgement
  package var close: ServerClose?
  package var teardown: Teardown?
  package var clientSees: [ClientOutcome] = []
  /// Found last, when all sessions are known.
  package var findings: [Finding] = []

  /// What was counted to cross the client-most leg, if that is encrypted.
  package private(set) var account: ByteAccount?

  /// - Parameter front: the encrypted leg in front of those that can be read.
  package init(id: Int, legs: [Leg], front: SealedHops.Front = .none) {
    self.id = id
    switch front {
    case .none:
      self.legs = legs
      judgement = Judgement(legs)
    case .unclear:
      self.legs = legs
      judgement = Judgement(legs).hidden
    case .leg(let leg, let account):
      self.legs = [leg] + legs
      self.account = account
      judgement = Judgement(self.legs, account)
    }
    let legs = self.legs
    close = Self.serverClose(legs)
    teardown = Self.teardown(of: legs)
    if let close, let packet = judgement.delivery.packet {
      judgement.delivery.latency = packet.time.seconds(since: close.seen.frame.last.time)
    }
    clientSees = ClientOutcome.predict(self)
  }

  package var verdict: Verdict { judgement.verdict }
  package var client: Leg { legs[0] }

  /// The Close frame that the client sent, on the client-most leg that carries one.
  package var clientClose: SeenClose? {
    legs.lazy.compactMap { $0.client.close }.first { !$0.isCut }
  }

  /// The moment that offsets in the report count from.
  package var start: PacketReference { client.beginning }

  private static func serverClose(_ legs: [Leg]) -> ServerClose? {
    guard let index = legs.lastIndex(where: { $0.server.close?.isCut == false }),
      let seen = legs[index].server.close
    else { return nil }
    let other = legs[index].client.close
    let initiator: Side =
      if let other, !other.isCut, other.frame.last.precedes(seen.frame.last) { .client } else { .server }
    return ServerClose(initiator: initiator, seen: seen, leg: index)
  }

  private static func teardown(of legs: [Leg]) -> Teardown? {
    guard let (side, end) = legs[0].firstEnd else { return nil }
    let isProxy = legs.count > 1 || Proxy.name(in: legs[0].response) != nil
    let close = legs[0].server.close.flatMap { $0.isCut ? nil : $0.frame.last }
    return Teardown(
      by: side == .client ? .client : isProxy ? .proxy : .server, end: end,
      afterClose: close.map { end.packet.time.seconds(since: $0.time) })
  }
}

/// What a proxy passed on toward the client of what it got.
package struct Forwarding: Hashable, Sendable {
  /// Bytes behind the handshake that the proxy received from the server's side.
  package var received: UInt64
  /// Bytes behind the handshake that it sent toward the client.
  package var forwarded: UInt64
  package var dropped: UInt64 { received - min(forwarded, received) }
}

extension Session {
  /// What the proxy behind the client-most leg passed on; `nil` with one leg, or if their bytes cannot be
  /// compared.
  package var forwarding: Forwarding? { forwarding(from: 1, to: 0) }

  /// What the proxy between two neighbouring legs passed on, counted from a place that both have.
  func forwarding(from inner: Int, to outer: Int) -> Forwarding? {
    if outer == 0, let account {
      return Forwarding(received: account.received, forwarded: account.forwarded)
    }
    guard legs.indices.contains(inner), legs.indices.contains(outer),
      let alignment = LegAlignment(legs[outer], legs[inner]),
      legs[outer].server.sentEnd >= alignment.outer, legs[inner].server.sentEnd >= alignment.inner
    else { return nil }
    return Forwarding(
      received: max(legs[inner].server.dataEnd, alignment.inner) - alignment.inner,
      forwarded: legs[outer].server.sentEnd - alignment.outer)
  }
}
