import Capture
import Streams

/// A leg whose frames are hidden by TLS.
enum CaptureEncrypted: FindingRule {
  static let id = "capture-encrypted"

  static let explanation = RuleExplanation(
    summary: "a leg is encrypted, and no keys that open it were given",
    meaning: """
      The leg in front of the proxy is TLS. Which frames it carried is told by counting: the leg behind \
      the proxy shows how many bytes had to be passed on, and the lengths of the records, less what the \
      cipher adds, how many were. As info: the counts fit one leg exactly, and the verdict follows from \
      them. As a warning: they do not (padding, as every CBC cipher has it, HTTP/2 in between, several legs \
      with equal counts, no handshake in the capture), and nothing is claimed of that leg.
      """,
    trigger: """
      A leg made by a proxy, and a TLS connection that stayed closed and answered its handshake at the \
      right moment.
      """,
    action: """
      Nothing, if the answer is clear. Otherwise have the proxy write its TLS keys while you capture, and \
      give them with --keylog: docs/encrypted.md says how for each program. A key log opens the traffic it \
      belongs to: keep it to yourself, and delete it. Where the finding names a cipher suite, keys do not \
      help: have the two ends agree on another one while you capture.
      """,
    remedies: [.keyLog, .openableSuite])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    if session.judgement.reason == .encrypted, session.account == nil {
      return unclear("The leg in front of \(session.client.connection.client.address)", session)
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
      return unclear("The leg \(ends)", session)
    }
  }

  private static func unclear(_ leg: String, _ session: Session) -> Finding {
    let cipher = session.closedSuite.map { " with \($0.name), which no keys open here" } ?? ""
    return finding(
      .warning, "\(leg) is encrypted\(cipher), and the lengths of its records do not tell what it carried.",
      remedy: session.closedSuite == nil ? .keyLog : .openableSuite, packets: [session.client.beginning])
  }
}
