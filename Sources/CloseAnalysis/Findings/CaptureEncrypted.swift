import Capture
import Streams

/// A leg whose frames are hidden by TLS.
enum CaptureEncrypted: FindingRule {
  static let id = "capture-encrypted"

  static let explanation = RuleExplanation(
    summary: "a leg is encrypted, and no keys were given for it",
    meaning: """
      The leg in front of the proxy is TLS. Which frames it carried is told by counting: the leg behind \
      the proxy shows how many bytes had to be passed on, and the lengths of the records, less what the \
      cipher adds, how many were. As info: the counts fit one leg exactly, and the verdict follows from \
      them. As a warning: they do not (padding, HTTP/2 in between, several legs with equal counts, no \
      handshake in the capture), and nothing is claimed of that leg.
      """,
    trigger: """
      A leg made by a proxy, and a TLS connection without keys that answered its handshake at the right \
      moment.
      """,
    action: """
      Nothing, if the answer is clear. Otherwise have the proxy write its TLS keys while you capture, and \
      give them with --keylog: docs/encrypted.md says how for each program. A key log opens the traffic it \
      belongs to: keep it to yourself, and delete it.
      """,
    remedies: [.keyLog])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    if session.judgement.reason == .encrypted, session.account == nil {
      return finding(
        .warning,
        "The leg in front of \(session.client.connection.client.address) is encrypted, and the lengths of its"
          + " records do not tell what it carried.", remedy: .keyLog, packets: [session.client.beginning])
    }
    guard let account = session.account else { return nil }
    let leg = session.client
    let ends = "\(leg.connection.client) → \(leg.connection.server)"
    let received = Wording.count(account.received)
    let forwarded = Wording.count(account.forwarded)
    switch account.outcome {
    case .complete:
      return finding(
        .info,
        "The leg \(ends) is encrypted. Its records carry \(forwarded) bytes behind the handshake, exactly what"
          + " the proxy had received: all was sent on.",
        packets: [account.closeRecord?.packet])
    case .short:
      return finding(
        .info,
        "The leg \(ends) is encrypted. Its records carry \(account.isExact ? "" : "at most ")\(forwarded) of the \(received) bytes that the proxy"
          + " had received behind the handshake.", packets: [leg.firstEnd?.end.packet])
    case .unclear:
      return finding(
        .warning, "The leg \(ends) is encrypted, and the lengths of its records do not tell what it carried.",
        remedy: .keyLog, packets: [leg.beginning])
    }
  }
}
