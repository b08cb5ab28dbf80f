import Capture
import Streams

/// The Close frame arrived, and a proxy held the client's connection open after its upstream had ended.
enum LateTeardown: FindingRule {
  static let id = "late-teardown"
  /// Envoy's `delayed_close_timeout` is 1.0 s for each hop.
  private static let threshold = 0.9
  /// Seconds after its reply that Chromium waits for the end of TCP.
  private static let patience = 2.0

  static let explanation = RuleExplanation(
    summary: "the Close frame arrived, but the proxy kept TCP open for a second or more",
    meaning: """
      The WebSocket was closed properly; what came late is the end of TCP. Envoy waits \
      delayed_close_timeout (1.0 s) between the end of its upstream and that of the client, at every HTTP/1 \
      hop and even with nothing left to send. Two hops (sidecar and gateway) make 2 s, which is how long \
      Chromium waits for the end of TCP after its reply. Chromium before about version 108 then reports \
      1006, wasClean false, although it had the Close frame: the well-known "Istio and Chrome give 1006". \
      Later versions report the code, 2 s late.
      """,
    trigger: """
      The Close frame was delivered, the upstream leg ended first, and the client's leg ended 0.9 s or more \
      after that and after the Close frame's delivery; with nothing captured behind a proxy that names \
      itself, 0.9 s or more after both Close frames.
      """,
    action: """
      Set delayed_close_timeout: 0s on every Envoy on the way. With 0s a client that never reads again is \
      never disconnected. The alternative is to leave the delay as it is and to require Chromium 108 or \
      later. A shorter delay such as 100ms is no alternative: it discards the data of clients that are \
      slower than that (delayed-close-drop).
      """,
    remedies: [.endAtOnce(.envoy)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.verdict == .delivered else { return nil }
    var all: [Delay] = []
    if let behind = delayBehind(session, context) { all.append(behind) }
    for hop in session.hops.reversed() {
      if let delay = delay(hop, context) { all.append(delay) }
    }
    guard let outermost = all.last else { return nil }
    var text = "The Close frame arrived, but TCP stayed open: " + Wording.list(all.map(\.text)) + "; "
    let isLikeEnvoy = all.allSatisfy { $0.isLikeEnvoy }
    text +=
      isLikeEnvoy
      ? "consistent with Envoy's delayed_close_timeout, 1.0 s at each hop by default."
      : all.allSatisfy(\.isWhole)
        ? "consistent with a delayed close (Envoy's delayed_close_timeout, if it was raised)."
        : "what held it there, a capture behind that proxy tells."
    let total = all.reduce(0) { $0 + $1.seconds }
    text +=
      total >= patience - 0.1
      ? " Chromium gives up after \(Wording.seconds(patience)), and before about version 108 it reports"
        + " 1006 then."
      : " Two such hops reach the 2.00 s after which Chromium gives up, and before about version 108 it"
        + " reports 1006 then."
    return finding(
      .warning, text,
      remedy: isLikeEnvoy || outermost.isWhole ? .endAtOnce(ProxyKind(outermost.proxy)) : .captureBehind,
      packets: all.flatMap(\.packets))
  }

  private struct Delay {
    var seconds: Double
    var text: String
    /// Whether the upstream's end is known, so that the proxy alone made the delay.
    var isWhole = true
    var proxy: String?
    var packets: [PacketReference]

    /// About as many seconds as there may be hops, and not another program's.
    var isLikeEnvoy: Bool {
      let hops = isWhole ? 1 : min(max(1, seconds.rounded()), 3)
      return [.envoy, .unknown].contains(ProxyKind(proxy)) && (0.9 * hops...1.25 * hops).contains(seconds)
    }
  }

  private static func delay(_ hop: ProxyHop, _ context: SessionContext) -> Delay? {
    guard let upstream = hop.upstreamEnd, let (side, end) = hop.outer.ending else { return nil }
    var seconds = end.packet.time.seconds(since: upstream.packet.time)
    guard seconds >= threshold, hop.outer.server.hasWholeClose, let close = hop.outer.server.close else {
      return nil
    }
    // Until the Close frame was there, the proxy was busy sending.
    let delivered = close.acknowledged ?? close.frame.last
    seconds = min(seconds, end.packet.time.seconds(since: delivered.time))
    guard seconds >= threshold else { return nil }
    var text = "\(hop.label) held it for \(Wording.duration(seconds)) after its upstream had ended"
    text += " (\(context.place(upstream.packet)))"
    if side == .client { text += ", until the client's side ended it (\(context.place(end.packet)))" }
    return Delay(seconds: seconds, text: text, proxy: hop.name, packets: [upstream.packet, end.packet])
  }

  /// At a proxy behind which nothing was captured.
  private static func delayBehind(_ session: Session, _ context: SessionContext) -> Delay? {
    guard let leg = session.legs.last, let end = leg.ending(by: .server), let exchanged = leg.closesExchanged
    else { return nil }
    let seconds = end.packet.time.seconds(since: exchanged.time)
    guard seconds >= threshold, let name = leg.proxyName else { return nil }
    return Delay(
      seconds: seconds,
      text: "\(PartyLabel.proxy(name)) at \(leg.connection.server) ended it \(Wording.duration(seconds))"
        + " after both Close frames (\(context.place(exchanged)))", isWhole: false, proxy: name,
      packets: [exchanged, end.packet])
  }
}
