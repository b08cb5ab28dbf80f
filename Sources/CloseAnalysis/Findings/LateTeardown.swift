import Capture

/// The Close frame arrived, and the proxy held the client's connection open after the upstream had ended.
enum LateTeardown: FindingRule {
  static let id = "late-teardown"
  /// Envoy's `delayed_close_timeout` is 1.0 s for each hop.
  private static let threshold = 0.9

  static func find(in session: Session) -> Finding? {
    guard session.verdict == .delivered, session.legs.count > 1,
      let upstream = session.legs[1].server.end, let (side, end) = session.client.firstEnd
    else { return nil }
    let held = end.packet.time.seconds(since: upstream.packet.time)
    guard held >= threshold else { return nil }
    let what =
      side == .client
      ? "the client ended it itself after \(Wording.seconds(held))"
      : "for \(Wording.seconds(held))"
    return finding(
      .warning,
      "The Close frame arrived, but the proxy held the client's connection open when the upstream had ended"
        + " (\(Wording.packet(upstream.packet))): \(what). That is consistent with Envoy's"
        + " delayed_close_timeout of 1.0 s for each hop; two hops reach the 2 s after which Chromium gives up,"
        + " and Chromium before about M108 then reports 1006.",
      remedy: Remedy.delayedCloseTimeout, packets: [upstream.packet, end.packet])
  }
}
