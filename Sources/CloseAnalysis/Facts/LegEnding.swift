import Capture
import Streams

extension Leg {
  /// Which side ended the leg first; `nil` if no end is in the capture, or if it lacks a direction, or bytes, that
  /// may hold an earlier one.
  var ending: (side: Side, end: SeenEnd)? {
    guard let first = firstEnd else { return nil }
    if client.end != nil, server.end != nil { return first }
    if isUncaptured(first.side.opposite) { return nil }
    let mayBeSecond =
      first.side == .client
      ? server.mayHaveEnded(before: first.end.packet) : client.mayHaveEnded(before: first.end.packet)
    return mayBeSecond ? nil : first
  }

  /// The packet in which both Close frames were there; `nil` if they were not.
  var closesExchanged: PacketReference? {
    guard client.hasWholeClose, server.hasWholeClose, let reply = client.close?.frame.last,
      let close = server.close?.frame.last
    else { return nil }
    return reply.precedes(close) ? close : reply
  }

  /// How a side ended the leg, if it was the first.
  func ending(by side: Side) -> SeenEnd? { ending.flatMap { $0.side == side ? $0.end : nil } }
}

extension Leg {
  /// The same of the end toward the client, whatever its kind: what a proxy gets as RST it passes on as FIN.
  var serverEndCameBeforeReply: Bool {
    guard server.fin == nil, let reset = server.rst else { return serverFINCameBeforeReply }
    guard let reply = client.close, !reply.isCut else { return client.end == nil }
    return reset.packet.precedes(reply.frame.first)
  }

  /// Whether the server's FIN had reached the client's system before the client's Close frame, or there is no such
  /// frame: told by what that frame's packet acknowledges, as a FIN may be under way when the reply is sent.
  var serverFINCameBeforeReply: Bool {
    guard let fin = server.fin else { return false }
    guard let reply = client.close, !reply.isCut else { return true }
    if let acknowledged = server.finAcknowledged { return !reply.frame.first.precedes(acknowledged) }
    return fin.packet.precedes(reply.frame.first)
  }

  /// Whether an end toward the client was never answered, neither with an ACK nor with an end of the client's.
  var hasUnansweredEnd: Bool {
    guard server.end?.kind == .fin, server.finAcknowledged == nil, client.end == nil else { return false }
    // Without a single ACK their direction was not captured.
    return server.acknowledged != nil
  }
}

extension LegStream {
  /// Whether bytes at its end are not in the capture, acknowledged by then: a FIN may be among them.
  fileprivate func mayHaveEnded(before packet: PacketReference) -> Bool {
    guard end == nil, hasUncapturedEnd else { return false }
    guard let acknowledged, acknowledged.upTo >= sentEnd else { return true }
    return !packet.precedes(acknowledged.packet)
  }

  private var hasUncapturedEnd: Bool {
    guard let last = gaps.last else { return false }
    // Of many gaps only the first are kept.
    return last.range.upperBound == sentEnd || UInt64(gaps.count) < gapCount
  }

  /// Where the last byte ends that is sure to be data: one that only an ACK tells of may be the FIN.
  var dataEnd: UInt64 { end == nil && hasUncapturedEnd ? sentEnd - min(1, sentEnd) : sentEnd }
}
