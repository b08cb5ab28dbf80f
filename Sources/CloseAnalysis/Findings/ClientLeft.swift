import Capture

/// The client ended the connection first, and neither side had sent a Close frame.
enum ClientLeft: FindingRule {
  static let id = "client-left"

  static func find(in session: Session) -> Finding? {
    guard session.verdict == .absent, !session.client.isRefused, session.clientClose == nil,
      let teardown = session.teardown, teardown.by == .client
    else { return nil }
    let kind = teardown.end.kind == .fin ? "FIN" : "RST"
    let who = Proxy.evidence(in: session.client.request) == nil ? "The client" : "The hop before"
    return finding(
      .info,
      "\(who) (\(session.client.connection.client)) ended the connection first, with \(kind), and sent no"
        + " Close frame: consistent with a closed page, an exited program or a lost network.",
      packets: [teardown.end.packet])
  }
}
