import Capture
import WSDecode

/// The server's Close frame is on an upstream leg and never went out toward the client.
enum CloseNotForwarded: FindingRule {
  static let id = "close-not-forwarded"

  static func find(in session: Session) -> Finding? {
    guard session.verdict == .lost, session.judgement.delivery.proof == .none, let close = session.close
    else { return nil }
    var text = "The server's Close frame came to the proxy (\(Wording.packet(close.seen.frame.last)))"
    text += " and was not sent on to the client"
    if let forwarding = session.forwarding, forwarding.dropped > 0 {
      text += ": \(Wording.count(forwarding.forwarded)) of \(Wording.count(forwarding.received)) bytes"
      text += " were forwarded and \(Wording.count(forwarding.dropped)) dropped, the Close frame among them"
    }
    return finding(
      .error, text + ".", remedy: Remedy.flushBeforeClose(Proxy.name(in: session.client.response)),
      packets: [close.seen.frame.last, session.teardown?.end.packet])
  }
}
