import Capture

/// The end of a connection that the capture does not show in full: it lacks a FIN, or the acknowledgment of one.
extension Flow {
  /// Whether a side has sent FIN: what is silent then is over, as a rule.
  var hasFIN: Bool { client.fin != nil || server.fin != nil }

  /// Whether a connection that has fallen silent is over, though the capture lacks its FIN or the acknowledgment of one.
  func hasEndedSilently(at time: Timestamp) -> Bool {
    guard hasFIN, !isDoubtful else { return false }
    let silence = time.seconds(since: last.time)
    if silence >= Self.shortSilence, client.hasArrived, server.hasArrived { return true }
    guard silence >= Self.silence, client.finDelivered || client.lacksEnd,
      server.finDelivered || server.lacksEnd
    else { return false }
    let mayBeHalfClosed =
      !(client.finDelivered || client.lacksFIN) || !(server.finDelivered || server.lacksFIN)
    return silence >= (mayBeHalfClosed ? Self.longSilence : Self.silence) + longestTimeout
  }

  /// Seconds after which what was not acknowledged would have been sent again: each time twice as long (RFC 6298 §5.5).
  private var longestTimeout: Double {
    let first = [client.fin?.packet.time, server.fin?.packet.time].compactMap(\.self).min()
    return first.map { 2 * last.time.seconds(since: $0) } ?? 0
  }

  /// Seconds of silence behind FINs of which only an acknowledgment is missing, or behind the acknowledgment of one.
  private static let shortSilence = 3.0
  /// Where bytes were not acknowledged: they have been sent again by then, if they were lost on the way.
  private static let silence = 10.0
  /// Where a missing packet may have had a FIN, or not.
  private static let longSilence = 30.0
}

extension HalfStream {
  /// Whether the last that its receiver has is not in the capture: there may have been a FIN.
  var lacksEnd: Bool { facts.contains(.endsInGap) && acknowledged == next }

  /// Whether that is a single byte, as a FIN is, be it that it is still waited for.
  var lacksFIN: Bool {
    if lacksEnd { return facts.contains(.lacksLastByte) }
    return acknowledged == next + 1 && sent <= acknowledged && !finDelivered
      && (waiting.isEmpty || waiting[0].held.isEmpty)
  }

  /// Whether it has ended, and all but the FIN was acknowledged, be it that bytes before it are not in the capture.
  var hasArrived: Bool { fin.map { acknowledged >= $0.offset } ?? lacksFIN }
}
