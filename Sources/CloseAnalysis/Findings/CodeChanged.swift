import Capture
import Streams
import WSDecode

/// The same Close frame has another code on another leg.
enum CodeChanged: FindingRule {
  static let id = "code-changed"

  static let explanation = RuleExplanation(
    summary: "the Close frame has another code on another leg",
    meaning: """
      Something between two captured legs does not pass WebSocket frames on as they are but ends the \
      WebSocket itself and opens another one behind: the code that the server sent is not the one that the \
      client gets.
      """,
    trigger: "The codes of the Close frames from the same side differ between two legs of the session.",
    action: """
      Find the program between these legs (an API gateway, an inspecting proxy, a service worker) and how \
      it translates codes. A proxy that only passes bytes on, such as Envoy, nginx or HAProxy, does not do \
      this.
      """,
    remedies: [.keepCode])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.legs.count > 1 else { return nil }
    return find(session, .server, context) ?? find(session, .client, context)
  }

  private static func find(_ session: Session, _ side: Side, _ context: SessionContext) -> Finding? {
    func code(_ leg: Leg) -> CloseCode? {
      side == .server ? leg.server.close?.body.code : leg.client.close?.body.code
    }
    let outer = code(session.client)
    if session.legs.allSatisfy({ code($0) == outer }) { return nil }
    let seen = session.legs.compactMap { leg -> (leg: Leg, close: SeenClose)? in
      // Of a body that the capture cut nothing is known.
      guard let close = leg[side].close, !close.isCut, close.body.code != nil || close.body.isComplete else {
        return nil
      }
      // Where the leg's beginning is missing, an earlier Close frame may be.
      if leg.isPickedUp, session.legs.contains(where: { $0[side].afterClose?.opcode == .close }) {
        return nil
      }
      return (leg, close)
    }
    guard let first = side == .server ? seen.last : seen.first,
      let other = (side == .server ? seen.reversed() : seen).first(where: {
        $0.close.body.code != first.close.body.code
      })
    else { return nil }
    func text(_ item: (leg: Leg, close: SeenClose)) -> String {
      "\(item.close.body.code.map { "\($0.rawValue)" } ?? "no code") on \(item.leg.connection.client) →"
        + " \(item.leg.connection.server) (\(context.place(item.close.frame.last)))"
    }
    let sender = side == .server ? "server's" : "client's"
    return finding(
      .error,
      "The \(sender) Close frame carries \(text(first)) and \(text(other)): what stands between rewrote it.",
      remedy: .keepCode, packets: [first.close.frame.last, other.close.frame.last])
  }
}
