import Capture
import Streams

/// The proxy ended the connection inside a frame, or without having sent all that it had received.
enum ProxyCutStream: FindingRule {
  static let id = "proxy-cut-stream"

  static let explanation = RuleExplanation(
    summary: "the proxy ended the client's connection before it had sent all that it had received",
    meaning: """
      Bytes that came to the proxy from the server's side never went out to the client, which had not ended \
      the connection: messages are lost, and a Close frame among them. The end often comes in the middle of \
      a frame. With one leg captured only the cut frame is seen: then the proxy may have got no more \
      itself.
      """,
    trigger: """
      The proxy ended the client's leg first, with fewer bytes than came in on the leg behind it; or, with \
      nothing captured behind a proxy that names itself, inside a frame. A frame that is cut at the same \
      byte on the leg behind is not the proxy's doing and does not count.
      """,
    action: """
      If delayed-close-drop stands with it, do what that says. A proxy that was stopped or whose tunnel \
      timer fired cuts in the same way: see no-close-from-proxy and mass-teardown. With one leg, capture \
      behind the proxy.
      """,
    remedies: [.flushBeforeClose(.envoy), .flushBeforeClose(.nginx), .flushBeforeClose(.haproxy)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    for hop in session.hops where hop.dropped > 0 || hop.outer.server.cut != nil {
      if let finding = find(hop, context) { return finding }
    }
    return findWithoutUpstream(session, context)
  }

  private static func find(_ hop: ProxyHop, _ context: SessionContext) -> Finding? {
    guard let end = hop.downstreamEnd else { return nil }
    var lack: String?
    if let forwarding = hop.forwarding {
      if forwarding.dropped > 0 {
        lack =
          "\(Wording.count(forwarding.dropped)) of \(Wording.count(forwarding.received)) bytes not forwarded"
      }
    } else if !hop.rewritesClose, hop.outer.server.cut != nil, hop.inner.server.cut == nil,
      hop.inner.server.end != nil,
      hop.inner.server.isUnderstood
    {
      lack = "the rest of a frame not forwarded that its upstream had sent whole"
    }
    guard let lack else { return nil }
    let text =
      Wording.sentence(hop.label) + " ended the client's connection with \(Wording.kind(end))"
      + " (\(context.place(end.packet)))\(depth(hop.outer)), with \(lack)."
    return finding(
      .error, text, remedy: remedy(hop), packets: [hop.inner.ending?.end.packet, end.packet])
  }

  /// What cures it depends on whether the proxy or its upstream ended first, and on how long after.
  private static func remedy(_ hop: ProxyHop) -> Remedy {
    let kind = ProxyKind(hop.name)
    if hop.upstreamEnd == nil, hop.inner.client.end != nil { return .endedWhileSending(kind) }
    return hop.mayBeDelayedClose ? .flushBeforeClose(kind) : .endedWhileSending(kind)
  }

  private static func findWithoutUpstream(_ session: Session, _ context: SessionContext) -> Finding? {
    guard let leg = session.legs.last, leg.server.cut != nil, let name = leg.proxyName,
      let end = leg.ending(by: .server)
    else { return nil }
    return finding(
      .error,
      "\(Wording.sentence(PartyLabel.proxy(name))) at \(leg.connection.server) ended the connection with"
        + " \(Wording.kind(end)) (\(context.place(end.packet)))\(depth(leg)): it discarded the rest, or"
        + " had got no more itself, which a capture behind it"
        + " tells.", remedy: .captureBehind, packets: [end.packet])
  }

  private static func depth(_ leg: Leg) -> String {
    guard let cut = leg.server.cut else { return "" }
    let bytes = Wording.count(cut.upperBound - cut.lowerBound, "byte", "bytes")
    return " in the middle of a frame, \(bytes) from its beginning"
  }
}
