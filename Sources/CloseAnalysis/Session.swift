import Capture
import Streams
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
  package var clientSees: [ClientOutcome] = []
  /// Found last, when all sessions are known.
  package var findings: [Finding] = []

  /// What was counted to cross the client-most leg, if that is encrypted.
  package private(set) var account: ByteAccount?
  package let hop: Hop
  /// Who ended it; `nil` if no leg has ended.
  let origin: EndOrigin?
  /// The captured proxies, client side first.
  private(set) var hops: [ProxyHop] = []

  /// - Parameters:
  ///   - front: the encrypted leg in front of those that can be read.
  ///   - clocks: those of the captures; times between unrelated ones are not told.
  init(id: Int, legs: [Leg], front: SealedHops.Front, _ clocks: CaptureClocks) {
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
    hop = Hop(before: legs[0])
    origin = EndOrigin(legs)
    close = Self.serverClose(legs)
    teardown = Self.teardown(of: legs, closeOn: account?.closeRecord?.packet)
    if let close, let packet = judgement.delivery.packet, clocks.areMeasured(close.seen.frame.last, packet) {
      judgement.delivery.latency = packet.time.seconds(since: close.seen.frame.last.time)
    }
    hops = legs.indices.dropLast().map { ProxyHop(self, outer: $0) }
    clientSees = ClientOutcome.predict(self)
  }

  package var verdict: Verdict { judgement.verdict }
  package var client: Leg { legs[0] }

  /// The client's opening handshake; that of the leg behind if TLS hides the client-most one.
  package var request: UpgradeRequest? {
    client.sealed != nil ? legs.dropFirst().first?.request : client.request
  }

  /// The Close frame that the client sent, on the client-most leg that carries one.
  package var clientClose: SeenClose? {
    legs.lazy.compactMap { $0.client.close }.first { !$0.isCut }
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

  private static func serverClose(_ legs: [Leg]) -> ServerClose? {
    guard let index = legs.lastIndex(where: { $0.server.close?.isCut == false }),
      let seen = legs[index].server.close
    else { return nil }
    let other = legs[index].client.close
    let initiator: Side =
      if let other, !other.isCut, other.frame.last.precedes(seen.frame.last) { .client } else { .server }
    return ServerClose(initiator: initiator, seen: seen, leg: index)
  }

  private static func teardown(of legs: [Leg], closeOn record: PacketReference?) -> Teardown? {
    guard let (side, end) = legs[0].firstEnd else { return nil }
    // Without the 101 nobody has told whether a server stands there or a proxy.
    let isProxy = legs.count > 1 || Proxy.name(in: legs[0].response) != nil
    let close = record ?? legs[0].server.close.flatMap { $0.isCut ? nil : $0.frame.last }
    return Teardown(
      by: legs[0].ending == nil
        ? .unknown
        : side == .client ? .client : isProxy ? .proxy : legs[0].response == nil ? .unknown : .server,
      end: end,
      afterClose: close.map { end.packet.time.seconds(since: $0.time) })
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
    legs.firstIndex { $0.server.close?.isCut == false }.flatMap { $0 > 0 ? $0 - 1 : nil }
  }

  /// Whether a proxy sent its client another Close frame than it had got: it does not pass bytes on as they are.
  func closesDiffer(_ outer: Int, _ inner: Int) -> Bool {
    guard let mine = legs[outer].server.close, let theirs = legs[inner].server.close, !mine.isCut,
      !theirs.isCut
    else { return false }
    return mine.frame.header.payloadLength != theirs.frame.header.payloadLength
      || mine.body.isComplete && theirs.body.isComplete && mine.body != theirs.body
  }

  /// What the proxy behind a leg passed on to it, counted from a place that both of its legs have.
  func passedOn(to outer: Int) -> Forwarding? {
    if outer == 0, let account {
      return account.isExact
        ? Forwarding(leg: 0, received: account.received, forwarded: account.forwarded) : nil
    }
    let inner = outer + 1
    guard !closesDiffer(outer, inner), let alignment = LegAlignment(legs[outer], legs[inner]),
      legs[outer].server.sentEnd >= alignment.outer, legs[inner].server.sentEnd >= alignment.inner
    else { return nil }
    let received = legs[inner].server.receivedEnd(before: legs[outer].server.end?.packet)
    return Forwarding(
      leg: outer, received: max(received, alignment.inner) - alignment.inner,
      forwarded: legs[outer].server.sentEnd - alignment.outer)
  }
}

extension LegStream {
  /// How far the server's stream had come to the proxy when it ended either of its connections: what arrived later
  /// found nobody.
  ///
  /// - Parameter over: the end of its client's.
  fileprivate func receivedEnd(before over: PacketReference?) -> UInt64 {
    var end = dataEnd
    if let taken = acknowledgedAtPeerEnd { end = min(end, taken) }
    if let over {
      for mark in marks.all where over.precedes(mark.packet) { end = min(end, mark.offset) }
    }
    return end
  }
}
