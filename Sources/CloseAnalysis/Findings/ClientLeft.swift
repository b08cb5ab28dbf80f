import Capture
import Streams
import WSDecode

/// The client ended the connection first, without a Close frame or without waiting for the answer to it.
enum ClientLeft: FindingRule {
  static let id = "client-left"

  static let explanation = RuleExplanation(
    summary: "the client ended the connection first",
    meaning: """
      FIN or RST came from the client's side first. Without a Close frame: the page was closed or the \
      program exited without one, as Firefox does when it quits, or the network broke. With a Close frame \
      right before: the client said goodbye and did not wait for the answer, as Chromium does when it quits \
      (1001). If that side is a proxy, as in a capture taken in a pod, the proxy passed on the end of what \
      is in front of it, or ended by itself (restart, timer).
      """,
    trigger: """
      No Close frame from the server, and the first FIN or RST on the session's legs came from the client's \
      end of the client-most leg.
      """,
    action: """
      Usually nothing. If clients leave that should stay, look at the client, or capture in front of the \
      proxy: is it the client that ends, or the proxy?
      """)

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.isWebSocket, session.close == nil, let origin = session.origin, origin.party == .client,
      session.verdict == .absent || session.clientClose == nil && session.verdict == .undetermined
    else { return nil }
    let party = session.label(.client)
    var text = "\(Wording.sentence(party.text)) ended the connection first, with \(Wording.kind(origin.end))"
    text += " (\(context.place(origin.end.packet)))"
    if let close = session.client.client.close, !close.isCut, close.frame.last.time <= origin.end.packet.time
    {
      let wait = origin.end.packet.time.seconds(since: close.frame.last.time)
      text +=
        ", \(Wording.duration(wait)) after its Close frame \(code(close.body)) and without an answer to it:"
      text += " consistent with a page that is left or a program that exits."
      return finding(.info, text, packets: [close.frame.last, origin.end.packet])
    }
    if session.client.showsAllFromClient { text += ", and sent no Close frame" }
    text += ": consistent with "
    text +=
      party.isProxy
      ? "the same from the client behind it, or with a timer or a restart of that proxy."
      : "a closed page, an exited program or a lost network."
    return finding(.info, text, packets: [origin.end.packet])
  }

  private static func code(_ body: CloseBody) -> String {
    body.code.map { "\($0.rawValue)" } ?? "without a code"
  }
}
