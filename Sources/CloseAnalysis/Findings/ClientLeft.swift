import Capture
import Streams
import WSDecode

/// The client ended the connection first: without a Close frame, without waiting for the answer to its own, or before
/// the server's came.
enum ClientLeft: FindingRule {
  static let id = "client-left"

  static let explanation = RuleExplanation(
    summary: "the client ended the connection first",
    meaning: """
      FIN or RST came from the client's side first. Without a Close frame: the page was closed or the \
      program exited without one, as Firefox does when it quits, or the network broke. With a Close frame \
      right before: the client said goodbye and did not wait for the answer, as Chromium does when it quits \
      (1001); an answer that comes later matters to nobody. A Close frame that the server sends after the \
      client's end comes too late. If that side is a proxy, as in a capture taken in a pod, the proxy passed on the end of what \
      is in front of it, or ended by itself (restart, timer).
      """,
    trigger: """
      The first FIN or RST on the session's legs came from the client's end of the client-most leg, and no \
      Close frame from the server had come there before.
      """,
    action: """
      Usually nothing. If clients leave that should stay, look at the client, or capture in front of the \
      proxy: is it the client that ends, or the proxy?
      """,
    remedies: [.lookAtClient])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let origin = session.origin, origin.party == .client, session.isWebSocket, isSure(session),
      session.client.acceptMatches != false
    else { return nil }
    // Who has the server's Close frame may go.
    if let close = session.client.server.close, !close.isCut, !origin.end.packet.precedes(close.frame.last) {
      return nil
    }
    let party = session.label(.client)
    var text = "\(Wording.sentence(party.text)) ended the connection first, with \(Wording.kind(origin.end))"
    text += " (\(context.place(origin.end.packet)))"
    let own = session.client.client.close.flatMap {
      !$0.isCut && $0.frame.last.time <= origin.end.packet.time ? $0 : nil
    }
    if let own {
      let wait = origin.end.packet.time.seconds(since: own.frame.last.time)
      text +=
        own.frame.last == origin.end.packet
        ? ", in the packet of its Close frame" : ", \(Wording.duration(wait)) after its Close frame"
      text += " \(code(own.body)) and without an answer to it:"
      text +=
        isError(own.body)
        ? " it ended for an error that it names with that code (wsclose explain \(code(own.body)))"
        : " consistent with a page that is left or a program that exits"
      if isError(own.body), !session.client.server.violations.subtracting(.afterClose).isEmpty {
        text += ", and frames from the server's side do break RFC 6455"
      }
      text += late(session, origin, context, "The answer") + "."
      return finding(.info, text, packets: [own.frame.last, origin.end.packet])
    }
    if session.close != nil {
      text += late(session, origin, context, "The server's Close frame") + "."
      return finding(.info, text, packets: [origin.end.packet])
    }
    if session.client.showsAllFromClient { text += ", and sent no Close frame" }
    text += ": consistent with "
    text +=
      party.isProxy
      ? "the same from the client behind it, or with a timer or a restart of that proxy."
      : "a closed page, an exited program or a lost network."
    return finding(.info, text, packets: [origin.end.packet])
  }

  /// Whether no Close frame that would change the matter can have been overlooked.
  private static func isSure(_ session: Session) -> Bool {
    switch session.verdict {
    case .absent, .lost, .delivered: true
    case .undetermined: session.close == nil && session.clientClose == nil
    case .open: false
    }
  }

  /// What the server sent too late.
  private static func late(
    _ session: Session, _ origin: EndOrigin, _ context: SessionContext, _ what: String
  ) -> String {
    guard let close = session.close?.seen.frame.last else { return "" }
    guard context.clocks.areMeasured(origin.end.packet, close) else { return "" }
    let delay = close.time.seconds(since: origin.end.packet.time)
    guard delay >= 0 else { return ". \(what) (\(context.place(close))) was under way and came too late" }
    let sent = ". \(what) was sent \(Wording.duration(delay)) later (\(context.place(close)))"
    return session.verdict == .delivered
      ? "\(sent), and its system still acknowledged it" : "\(sent), too late to matter"
  }

  /// Codes that an endpoint sends because of what it got (RFC 6455 §7.4.1).
  private static func isError(_ body: CloseBody) -> Bool {
    body.code.map { [1002, 1003, 1007, 1009, 1010, 1011].contains($0.rawValue) } ?? false
  }

  private static func code(_ body: CloseBody) -> String {
    body.code.map { "\($0.rawValue)" } ?? "without a code"
  }
}
