import Capture
import Streams

/// A proxy ended the connection on its own, and neither side had sent a Close frame.
enum NoCloseFromProxy: FindingRule {
  static let id = "no-close-from-proxy"
  /// Ends nearer to each other than this came at once.
  private static let atOnce = 0.1
  /// Seconds of silence that no idle timer is as short as.
  private static let busy = 0.9

  static let explanation = RuleExplanation(
    summary: "a proxy ended the connection, and neither side had sent a Close frame",
    meaning: """
      Neither client nor server wanted to end: the proxy did, and as proxies send no Close frames of their \
      own the client sees 1006. Reasons are an idle timer, a maximum duration, a drain, a restart. The \
      shape tells some: an Envoy whose timer fired (stream_idle_timeout, max_stream_duration) ends its \
      upstream at once and the client 1 s later; a process that ends (SIGTERM, SIGKILL) ends both sides at \
      the same moment, as do nginx and tcp_proxy in any case; HAProxy's tunnel timer resets the server and \
      ends the client with FIN. As a warning: only the leg in front of the proxy was captured, and the \
      server behind it may have ended first.
      """,
    trigger: """
      No Close frame from the server, nor from the client where both sides of the proxy are known. The \
      proxy's FIN or RST came first on the leg in front of it and on the leg behind it; or only the leg in \
      front of it was captured, and the proxy names itself in the 101.
      """,
    action: """
      Compare the silence before the end, which the finding gives, with the timers of that proxy, and the \
      time of the end with its restarts. See idle-timeout and mass-teardown.
      """,
    remedies: [.idleTimer(.envoy), .maximumDuration(.envoy), .restart(.envoy)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.verdict == .absent, session.isWebSocket, let origin = session.origin else { return nil }
    switch origin.party {
    case .client: return nil
    case .proxy(let index):
      return session.endedWithoutClose == nil
        ? nil : find(session, session.hops[index], origin, context)
    case .server: return findInFront(session, origin, context)
    }
  }

  private static func find(
    _ session: Session, _ hop: ProxyHop, _ origin: EndOrigin, _ context: SessionContext
  ) -> Finding? {
    guard let down = hop.downstreamEnd else { return nil }
    let own = hop.inner.ending(by: .client)
    var text = Wording.sentence(hop.label)
    let silence = Silence(session, until: origin.end)
    // Who had just said something was not cut off for being silent.
    let isBusy = silence.map { $0.seconds < busy } ?? false
    var reading =
      isBusy
      ? "a maximum duration, a drain or a restart" : "an idle timer, a maximum duration, a drain or a restart"
    if let up = own {
      let delay = down.packet.time.seconds(since: up.packet.time)
      text +=
        " ended both of its connections: its upstream with \(Wording.kind(up)) (\(context.place(up.packet)))"
      text += ", the client's with \(Wording.kind(down)) (\(context.place(down.packet))) "
      text +=
        abs(delay) < atOnce
        ? "at the same moment" : "\(Wording.duration(abs(delay))) \(delay < 0 ? "earlier" : "later")"
      reading = Self.reading(ProxyKind(hop.name), up, delay, isBusy: isBusy) ?? reading
    } else {
      text += " ended the client's connection with \(Wording.kind(down)) (\(context.place(down.packet)))"
    }
    text += ", and neither side had sent a Close frame" + self.silence(session, origin)
    text += ": consistent with \(reading)."
    if hop.outer.hasUnansweredEnd {
      text +=
        " The client's side never acknowledged that end: if it is not reachable, it knows nothing of it."
    }
    return finding(
      own == nil ? .warning : .error, text, remedy: remedy(hop, own, silence),
      packets: [own?.packet, down.packet])
  }

  /// What the way in which the two ends came tells about known proxies.
  private static func reading(
    _ kind: ProxyKind, _ up: SeenEnd, _ delay: Double, isBusy: Bool
  ) -> String? {
    switch kind {
    case .envoy where delay >= 0.9 && isBusy:
      "a timer of Envoy's that does not mind traffic (max_stream_duration, or a route's timeout)"
    case .envoy where delay >= 0.9: "a timer of Envoy's (stream_idle_timeout or max_stream_duration)"
    case .envoy where abs(delay) < atOnce: "an Envoy that was stopped (SIGTERM, SIGKILL)"
    case .haproxy where up.kind == .rst: "HAProxy's timeout tunnel"
    default: nil
    }
  }

  private static func remedy(_ hop: ProxyHop, _ up: SeenEnd?, _ silence: Silence?) -> Remedy {
    let kind = ProxyKind(hop.name)
    if kind == .envoy, let up, let down = hop.downstreamEnd,
      abs(down.packet.time.seconds(since: up.packet.time)) < atOnce
    {
      return .restart(kind)
    }
    if let silence, silence.seconds < busy { return .maximumDuration(kind) }
    return .idleTimer(kind, after: silence?.seconds)
  }

  /// Nothing was captured behind the proxy.
  private static func findInFront(
    _ session: Session, _ origin: EndOrigin, _ context: SessionContext
  ) -> Finding? {
    let party = session.label(.server)
    // A cut frame is told by proxy-cut-stream.
    guard party.isProxy, let leg = session.legs.last, leg.server.cut == nil else { return nil }
    var text = "\(Wording.sentence(party.text)) ended the connection with \(Wording.kind(origin.end))"
    text += " (\(context.place(origin.end.packet)))"
    if let asked = leg.client.close, !asked.isCut, asked.frame.last.precedes(origin.end.packet) {
      let wait = origin.end.packet.time.seconds(since: asked.frame.last.time)
      text +=
        " \(Wording.duration(wait)) after the client's Close frame (\(context.place(asked.frame.last))),"
        + " and had"
      text += " passed on no answer"
    } else {
      text += " and had passed on no Close frame\(silence(session, origin))"
    }
    return finding(
      .warning, "\(text). Whether it or the server behind it ended first, a capture behind it tells.",
      remedy: .captureBehind, packets: [origin.end.packet])
  }

  private static func silence(_ session: Session, _ origin: EndOrigin) -> String {
    Silence(session, until: origin.end).map { ", after \(Wording.duration($0.seconds)) of silence" } ?? ""
  }
}
