import Capture
import Streams
import WSDecode

/// The server's Close frame is on an upstream leg and never went out toward the client.
enum CloseNotForwarded: FindingRule {
  static let id = "close-not-forwarded"

  static let explanation = RuleExplanation(
    summary: "the server's Close frame came to the proxy, and the proxy did not send it on",
    meaning: """
      The server closed the WebSocket as it should, and the Close frame was received by the proxy. The \
      proxy ended the client's connection without having sent it: the client sees 1006. As info: the \
      client's side had ended the connection before, so that nobody was left to send it to, and the proxy \
      is not to blame.
      """,
    trigger: """
      The Close frame is on a leg behind the proxy. The leg in front of it ended without the frame, and the \
      capture holds enough of that leg to be sure.
      """,
    action: """
      Look at the finding that stands with it: delayed-close-drop (the proxy's timer), no-close-from-proxy \
      and mass-teardown (the proxy ended), or client-left. Without one of these, let the proxy send what it \
      holds before it ends the client. If the server ended its connection with RST, cure that first: a RST \
      discards what the proxy has not read. If the proxy ended the client within moments of its upstream, no \
      timer of a second did it: look for a restart.
      """,
    remedies: [.flushBeforeClose(.envoy), .endedWhileSending(.envoy), .noReset])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.verdict == .lost, session.judgement.delivery.proof == .none,
      let index = session.legs.firstIndex(where: { $0.server.close?.isCut == false }), index > 0,
      let close = session.legs[index].server.close
    else { return nil }
    let hop = session.hops[index - 1]
    let seen = context.place(close.frame.last)
    let evidence = [close.frame.last, hop.outer.firstEnd?.end.packet]
    if hop.clientEndedFirst, let end = hop.outer.client.end {
      let wait = close.frame.last.time.seconds(since: end.packet.time)
      var text = "The client's side ended the connection with \(Wording.kind(end))"
      text += " (\(context.place(end.packet))) before the server's Close frame (\(seen)) was sent on to it"
      if wait > 0 { text += ": the frame came to \(hop.label) \(Wording.duration(wait)) later" }
      return finding(.info, text + ".", packets: evidence)
    }
    var text = "The server's Close frame came to \(hop.label) (\(seen)) and was not sent on"
    if let forwarding = hop.forwarding, forwarding.dropped > 0 {
      text += ": \(Wording.count(forwarding.forwarded)) of \(Wording.count(forwarding.received)) bytes"
      text += " were forwarded, \(Wording.count(forwarding.dropped)) were not, the Close frame among them"
    }
    guard hop.downstreamEnd != nil else {
      text += "; who ended the client's connection first is not in the capture"
      return finding(.warning, text + ".", packets: evidence)
    }
    let (cause, remedy) = cause(hop, context)
    return finding(.error, text + cause + ".", remedy: remedy, packets: evidence)
  }

  /// What stands out on the leg behind, and what to do then.
  private static func cause(_ hop: ProxyHop, _ context: SessionContext) -> (String, Remedy) {
    let kind = ProxyKind(hop.name)
    guard let (side, end) = hop.inner.ending else { return ("", .flushBeforeClose(kind)) }
    let usual = hop.mayBeDelayedClose ? Remedy.flushBeforeClose(kind) : .endedWhileSending(kind)
    let place = "\(Wording.kind(end)) (\(context.place(end.packet)))"
    if side == .client {
      return ("; the proxy ended its upstream connection itself, with \(place)", .endedWhileSending(kind))
    }
    guard end.kind.isAbort else {
      guard !hop.mayBeDelayedClose, let down = hop.downstreamEnd else { return ("", usual) }
      let delay = Wording.duration(abs(down.packet.time.seconds(since: end.packet.time)))
      return (
        "; it ended the client's connection only \(delay) from its upstream's end, too soon for"
          + " Envoy's delayed_close_timeout of 1.0 s: look for a restart or another timer", usual
      )
    }
    return ("; its upstream ended with \(place), which can discard what the proxy had not read", .noReset)
  }
}
