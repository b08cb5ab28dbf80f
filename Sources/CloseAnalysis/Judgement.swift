import Capture
import Streams
import WSDecode

/// The verdict on one session, from what its legs show. Order is judged in stream offsets first: a FIN
/// cannot overtake the bytes before it.
package struct Judgement: Sendable {
  package var verdict: Verdict
  package var reason: UndeterminedReason?
  package var delivery: Delivery

  /// - Parameter legs: at least one, client side first.
  package init(_ legs: [Leg]) {
    let outer = legs[0]
    if let close = outer.server.close, !close.isCut {
      self = Self.judge(close, on: outer)
    } else if let behind = legs.dropFirst().first(where: { $0.server.close?.isCut == false }),
      let close = behind.server.close
    {
      self = Self.judge(close, of: behind, missingOn: outer)
    } else {
      self = Self.judgeWithoutClose(legs)
    }
    self = heedingDrops(on: legs)
  }

  init(_ verdict: Verdict, _ reason: UndeterminedReason?, _ delivery: Delivery) {
    self.verdict = verdict
    self.reason = reason
    self.delivery = delivery
  }

  // MARK: The Close frame is on the client-most leg

  private static func judge(_ close: SeenClose, on leg: Leg) -> Judgement {
    if leg.server.isCloseEndDoubtful {
      return Judgement(.undetermined, hiding(leg), Delivery(proof: .none))
    }
    if let acknowledged = close.acknowledged {
      return Judgement(.delivered, nil, delivery(acknowledged, reply: leg.client.close))
    }
    let sent = Delivery(proof: .sent, packet: close.frame.last)
    // A client that answers with RST has not taken what it did not acknowledge, unless the capture
    // lacks something that it said before.
    if let reset = leg.client.rst {
      let said = leg.client.sentEnd + (leg.client.fin == nil ? 0 : 1)
      return reset.offset > said || leg.client.lacksPackets(after: close.frame.last)
        ? Judgement(.undetermined, leg.client.limit == nil ? .gap : .limit, sent)
        : Judgement(.lost, nil, sent)
    }
    if leg.server.acknowledged == nil { return Judgement(.undetermined, .oneSided, sent) }
    return Judgement(.undetermined, leg.firstEnd == nil ? leg.unfinished : .unacknowledged, sent)
  }

  /// A reply sent when the Close frame had been acknowledged is an answer to it; one that crossed it on
  /// the way is not.
  private static func delivery(_ acknowledged: PacketReference, reply: SeenClose?) -> Delivery {
    if let reply, !reply.frame.last.precedes(acknowledged) {
      return Delivery(proof: .echoed, packet: reply.frame.last)
    }
    return Delivery(proof: .acknowledged, packet: acknowledged)
  }

  // MARK: The Close frame is on a leg behind only

  private static func judge(
    _ close: SeenClose, of behind: Leg, missingOn outer: Leg
  ) -> Judgement {
    let none = Delivery(proof: .none)
    let needed = LegAlignment(outer, behind)?.outer(ofInner: close.frame.range.upperBound)
    if let end = outer.server.end {
      // The connection carried this many bytes toward the client, and no more.
      let total = end.kind.isInOrder ? end.offset : max(end.offset, outer.server.sentEnd)
      if let needed, total < needed { return Judgement(.lost, nil, none) }
      if outer.server.isUnderstood, outer.hasFrames { return Judgement(.lost, nil, none) }
      return judgeUnseen(close, needed, on: outer)
    }
    if outer.client.rst != nil, outer.server.isUnderstood, outer.hasFrames {
      return Judgement(.lost, nil, none)
    }
    return judgeUnseen(close, needed, on: outer)
  }

  /// The capture lacks bytes where the Close frame must lie if it was forwarded: an acknowledgment of
  /// more than these bytes tells that they arrived. More, because a FIN is acknowledged as one byte.
  private static func judgeUnseen(_ close: SeenClose, _ needed: UInt64?, on outer: Leg) -> Judgement {
    // An answer that repeats the frame's own code and reason is one, if it comes when all may have arrived.
    if let needed, let acknowledged = outer.server.acknowledged, acknowledged.upTo >= needed,
      let reply = outer.client.close, !reply.isCut, reply.body == close.body,
      reply.body.reason?.isEmpty == false,
      close.frame.last.time < reply.frame.last.time
    {
      return Judgement(
        .delivered, nil, Delivery(proof: .echoed, packet: reply.frame.last, isInferred: true))
    }
    if let needed, let acknowledged = outer.server.acknowledged,
      acknowledged.upTo > needed || (acknowledged.upTo == needed && outer.server.fin != nil)
    {
      return Judgement(
        .delivered, nil,
        Delivery(proof: .acknowledged, packet: acknowledged.packet, isInferred: true))
    }
    let none = Delivery(proof: .none)
    if outer.firstEnd == nil { return Judgement(.undetermined, outer.unfinished, none) }
    return Judgement(.undetermined, hiding(outer), none)
  }

  // MARK: No Close frame from the server anywhere

  private static func judgeWithoutClose(_ legs: [Leg]) -> Judgement {
    let outer = legs[0]
    let none = Delivery(proof: .none)
    if outer.isRefused { return Judgement(.absent, nil, none) }
    guard outer.server.end != nil || outer.client.rst != nil else {
      if outer.client.fin == nil, outer.forgotten == nil { return Judgement(.open, nil, none) }
      if outer.isUncaptured(.server) { return Judgement(.undetermined, .oneSided, none) }
      let lacksEnd = outer.forgotten == nil && outer.server.lacksEnd
      return Judgement(.undetermined, lacksEnd ? hiding(outer) : outer.unfinished, none)
    }
    // Only the leg next to the server tells what the server sent; the others tell what was passed on.
    if let last = legs.last, last.showsAllTowardClient { return Judgement(.absent, nil, none) }
    let blind = legs.last { !$0.server.isUnderstood || $0.forgotten != nil } ?? outer
    return Judgement(.undetermined, hiding(blind), none)
  }

  private static func hiding(_ leg: Leg) -> UndeterminedReason {
    if leg.server.isTruncated { return .truncated }
    if leg.server.limit != nil || leg.forgotten != nil { return .limit }
    return leg.isUncaptured(.server) || leg.response == nil && leg.server.sentEnd == 0 ? .oneSided : .gap
  }
}

extension Leg {
  /// Whether no Close frame toward the client can have been overlooked, to the end of the stream.
  fileprivate var showsAllTowardClient: Bool {
    guard server.isUnderstood, server.close == nil || server.close?.isCut == true else { return false }
    guard server.end != nil || client.rst != nil else { return false }
    if hasFrames { return true }
    // A request on a connection whose server had ended before gets no answer.
    let isTooLate = server.fin.flatMap { fin in request.map { fin.packet.precedes($0.packet) } } ?? false
    return response == nil && server.gapCount == 0 && (server.end?.offset == 0 || isTooLate)
  }
}
