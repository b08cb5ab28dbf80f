import Capture
import Streams

/// The client ended TCP itself, as long after the Close frames as some program is known to wait.
enum ClientGaveUp: FindingRule {
  static let id = "client-gave-up"

  /// Seconds that programs wait for the end of TCP.
  private static let patience: [(seconds: Double, programs: String)] = [
    (1, "Firefox and .NET"), (2, "Chromium"), (10, "Python's websockets"), (30, "node's ws"), (60, "OkHttp"),
  ]

  static let explanation = RuleExplanation(
    summary: "the Close frames were exchanged, TCP stayed open, and the client ended it after its patience",
    meaning: """
      After both Close frames the server should end TCP at once (RFC 6455 §7.1.1). Nothing came, so the \
      client ended the connection itself: Firefox and .NET after 1 s, Chromium after 2 s, Python's \
      websockets after 10 s, node's ws after 30 s, OkHttp after 60 s. Most clients report the code of the \
      Close frame all the same, that much later; Chromium before about version 108 reports 1006.
      """,
    trigger: """
      Both Close frames are on the client's leg, the client's side ended that leg first, and the time \
      between is one of those above (2 % less to 5 % more).
      """,
    action: """
      Find what held TCP open: a proxy's delay (late-teardown), or a server that does not end TCP after the \
      Close frames. A capture behind the nearest proxy tells which.
      """,
    remedies: [.endAtOnce(.envoy)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    let leg = session.client
    guard session.verdict == .delivered, let end = leg.ending(by: .client),
      let exchanged = leg.closesExchanged
    else { return nil }
    let seconds = end.packet.time.seconds(since: exchanged.time)
    guard let known = patience.first(where: { ($0.seconds * 0.98...$0.seconds * 1.05).contains(seconds) })
    else {
      return nil
    }
    let isProxy = session.label(.client).isProxy
    let isLong = known.seconds >= 2
    return finding(
      isLong ? .warning : .info,
      Wording.sentence(session.label(.client).text)
        + " ended TCP with \(Wording.kind(end)) (\(context.place(end.packet)))"
        + " \(Wording.duration(seconds)) after both Close frames, when the server's side had not ended it:"
        + " consistent with the patience of \(known.programs)"
        + (isProxy ? ", in a client behind that proxy." : "."),
      remedy: isLong ? remedy(session) : nil, packets: [exchanged, end.packet])
  }

  private static func remedy(_ session: Session) -> Remedy {
    if let hop = session.hops.first, hop.upstreamEnd != nil { return .endAtOnce(ProxyKind(hop.name)) }
    return session.legs.last?.proxyName == nil ? .endTCP : .captureBehind
  }
}
