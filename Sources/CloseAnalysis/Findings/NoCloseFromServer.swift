import Capture

/// The server ended its connection first, and without a Close frame.
enum NoCloseFromServer: FindingRule {
  static let id = "no-close-from-server"

  static func find(in session: Session) -> Finding? {
    guard session.verdict == .absent, let leg = session.legs.last, !leg.isRefused,
      let (side, end) = leg.firstEnd, side == .server, leg.client.close == nil
    else { return nil }
    // The last captured leg may end at another proxy: what the server did is behind it.
    guard Proxy.name(in: leg.response) == nil else { return nil }
    let kind = end.kind == .fin ? "FIN" : "RST"
    return finding(
      .error,
      "The server ended its connection with \(kind) (\(Wording.packet(end.packet))) and had sent no Close"
        + " frame: consistent with a process that exits or crashes, or with terminate() instead of close().",
      remedy: Remedy(
        summary: "have the server call close() on every WebSocket and wait for the replies before it exits;"
          + " look for crashes and restarts at that time"),
      packets: [end.packet])
  }
}
