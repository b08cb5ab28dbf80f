import Capture
import Streams

/// The silence before an end without Close frames equals a timer.
enum IdleTimeout: FindingRule {
  static let id = "idle-timeout"
  private static let tolerance = 0.01

  /// Seconds after which programs end a silent connection unless they are told otherwise.
  private static let timers: [(seconds: Double, owners: String)] = [
    (60, "nginx (proxy_read_timeout) and AWS ALB (idle_timeout.timeout_seconds)"),
    (100, "Cloudflare"),
    (240, "Azure Load Balancer"),
    (300, "Envoy (stream_idle_timeout; Istio has it off)"),
    (350, "AWS NLB"),
    (3600, "Envoy (idle_timeout of tcp_proxy)"),
  ]

  static let explanation = RuleExplanation(
    summary: "the WebSocket was silent for exactly as long as a timer of a proxy lasts",
    meaning: """
      Nothing was sent for as long as an idle timer lasts, and then the connection was ended without a \
      Close frame: proxies end TCP only, so the client sees 1006. Defaults: 60 s nginx and AWS ALB, 100 s \
      Cloudflare, 240 s Azure Load Balancer, 300 s Envoy, 350 s AWS NLB, 1 h Envoy's tcp_proxy. A value of \
      your own shows when several sessions end after the same silence.
      """,
    trigger: """
      A session that ended without Close frames, not by the client itself, when neither side had sent a \
      frame for one of the times above (±1 %; for nginx: the server had sent none); or for the same time \
      (±1 %, 1 s or more) as at least two other sessions that the same address ended at other moments. TCP \
      keepalives are no frames: proxies do not count them either.
      """,
    action: """
      Send Pings from the server more often than the shortest timer on the way, 30 s for instance; or raise \
      the timer. Raising one helps only until the next shorter one.
      """,
    remedies: [
      .idleTimer(.envoy), .idleTimer(.nginx), .idleTimer(.haproxy), .idleTimer(.awsLoadBalancer),
      .idleTimer(.cloudflare),
    ])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let origin = session.endedWithoutClose, let silence = Silence(session, until: origin.end) else {
      return nil
    }
    let party = session.label(origin.party)
    guard party.isProxy || origin.party != .client else { return nil }
    let kind = ProxyKind(party.proxyName)
    let seconds = kind == .nginx ? silence.serverSeconds : silence.seconds
    var reasons: [String] = []
    if let timer = timers.first(where: { abs(seconds - $0.seconds) <= $0.seconds * tolerance }) {
      reasons.append("that is the default of \(timer.owners)")
    }
    if let others = context.equalSilence(of: session) {
      let range = others.range
      reasons.append(
        "\(Wording.count(UInt64(others.sessions.count))) sessions that it ended had been silent for"
          + " \(Wording.seconds(range.lowerBound)) to \(Wording.seconds(range.upperBound))")
    }
    guard !reasons.isEmpty else { return nil }
    let who = kind == .nginx ? "the server had sent nothing" : "nothing had been sent"
    return finding(
      .error,
      "\(Wording.sentence(party.text)) ended the connection with \(Wording.kind(origin.end))"
        + " (\(context.place(origin.end.packet))) when \(who) for \(Wording.seconds(seconds)), and no"
        + " Close frame came: consistent with an idle timer; \(Wording.list(reasons)).",
      remedy: .idleTimer(kind, after: seconds), packets: [origin.end.packet])
  }
}
