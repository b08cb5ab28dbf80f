import Capture
import Streams

/// The upstream had ended, and the proxy ended a client that was not reading, without what it still held.
enum DelayedCloseDrop: FindingRule {
  static let id = "delayed-close-drop"
  static let explanation = RuleExplanation(
    summary: "the proxy discarded what a slow client had not taken, the end of the stream with it",
    meaning: """
      The server had sent everything and ended its connection. The client's side was not reading fast \
      enough, so the proxy still held data when a timer of its own ended the client's connection: the rest, \
      usually with the Close frame, was discarded. Envoy calls the timer delayed_close_timeout: 1.0 s, \
      restarted by every bit of progress in writing. The client sees a connection that ends in the middle \
      of a frame, with FIN and no Close: 1006.
      """,
    trigger: """
      The upstream leg ended first, the proxy ended the client's leg before the client did, with bytes of \
      the upstream leg missing; and either the client's receive window was closed before, or the end came \
      0.9 s or more after the upstream's.
      """,
    action: """
      Give slow clients more time: on Envoy delayed_close_timeout: 5s (longer than the stalls) or 0s on \
      every connection manager on the way, as setting it at one hop cures that hop only. With 0s Envoy ends \
      the connection right after the flush, or never if the client never reads again: where such clients \
      exist, take the larger value. Better still, find out why the client does not read (see slow-client).
      """,
    remedies: [.flushBeforeClose(.envoy), .flushBeforeClose(.nginx), .flushBeforeClose(.haproxy)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    for hop in session.hops where hop.dropped > 0 {
      if let finding = find(hop, context) { return finding }
    }
    return nil
  }

  private static func find(_ hop: ProxyHop, _ context: SessionContext) -> Finding? {
    guard let upstream = hop.upstreamEnd, !upstream.kind.isAbort, let end = hop.downstreamEnd,
      upstream.packet.precedes(end.packet), let forwarding = hop.forwarding, forwarding.dropped > 0
    else { return nil }
    let delay = end.packet.time.seconds(since: upstream.packet.time)
    let stall = hop.outer.server.windowClosed.flatMap { $0.first.precedes(end.packet) ? $0 : nil }
    guard stall != nil || delay >= ProxyHop.leastDelayedClose else { return nil }
    var text = Wording.sentence(hop.label)
    text += " discarded \(Wording.count(forwarding.dropped)) of \(Wording.count(forwarding.received)) bytes:"
    text += " its upstream had ended (\(context.place(upstream.packet)))"
    if let stall {
      let stalls = Wording.stalls(stall.count, first: context.place(stall.first))
      text += ", the client's side had closed its receive window \(stalls)"
    }
    text += ", and \(Wording.duration(delay)) after its upstream it ended the client's connection with"
    text += " \(Wording.kind(end)) (\(context.place(end.packet))); " + reading(hop.name)
    if delay >= 1.5, [.envoy, .unknown].contains(ProxyKind(hop.name)) {
      text +=
        " Each progress in sending restarts that timer, and the FIN waits for room in the client's window:"
      text += " that is why it came later."
    }
    return finding(
      .error, text, remedy: .flushBeforeClose(ProxyKind(hop.name)),
      packets: [upstream.packet, stall?.first, end.packet])
  }

  private static func reading(_ name: String?) -> String {
    switch ProxyKind(name) {
    case .envoy:
      "consistent with its delayed_close_timeout (1.0 s by default), which discards what is unsent."
    case .unknown:
      "consistent with the delayed_close_timeout of an Envoy (1.0 s by default), which discards what is"
        + " unsent."
    default: "consistent with a timer that ends clients which do not read."
    }
  }
}
