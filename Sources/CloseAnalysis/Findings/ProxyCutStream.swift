import Capture

/// The proxy ended the connection inside a frame, or without having sent all that it had received.
enum ProxyCutStream: FindingRule {
  static let id = "proxy-cut-stream"

  static func find(in session: Session) -> Finding? {
    guard let teardown = session.teardown, teardown.by == .proxy else { return nil }
    let proxy = Proxy.name(in: session.client.response)
    let remedy = Remedy.flushBeforeClose(proxy)
    let kind = teardown.end.kind == .fin ? "FIN" : "RST"
    if let cut = session.client.server.cut {
      let seen = cut.upperBound - cut.lowerBound
      return finding(
        .error,
        "The proxy ended the connection with \(kind) inside a frame, \(Wording.count(seen)) bytes behind"
          + " its beginning.", remedy: remedy, packets: [teardown.end.packet])
    }
    guard let forwarding = session.forwarding, forwarding.dropped > 0 else { return nil }
    return finding(
      .error,
      "The proxy ended the connection with \(kind) and \(Wording.count(forwarding.dropped)) of"
        + " \(Wording.count(forwarding.received)) bytes not forwarded.",
      remedy: remedy, packets: [teardown.end.packet])
  }
}
