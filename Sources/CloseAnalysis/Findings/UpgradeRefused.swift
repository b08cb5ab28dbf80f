import Capture
import Streams
import WSDecode

/// The upgrade was not answered with 101.
enum UpgradeRefused: FindingRule {
  static let id = "upgrade-refused"

  static let explanation = RuleExplanation(
    summary: "the upgrade was not answered with 101: there never was a WebSocket",
    meaning: """
      The client asked for a WebSocket and got another answer, or none before the connection ended. No \
      Close frame can exist; browsers report 1006 and hide the status from the page.
      """,
    trigger: "An upgrade request whose response is not 101, or a connection that ended before any response.",
    action: """
      Look at the status. 401 and 403: credentials or Origin; from Envoy also an upgrade that \
      upgrade_configs does not allow. 400, 404, 426 and 200: a proxy may have removed Upgrade and \
      Connection. 502, 503, 504: the proxy did not reach the server.
      """,
    remedies: [.upgrade(400, .nginx)])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    if let refusal = session.refusal {
      let (leg, response) = (session.legs[refusal.leg], refusal.response)
      var text = Wording.sentence(refusal.party) + " \(refusal.verb) the upgrade with \(response.status)"
      text += " \(response.statusText) (\(context.place(response.packet)))"
      if refusal.isOwn { text += ownAnswer(session.legs[refusal.leg + 1], response, context) }
      return finding(
        .error, text + ".",
        remedy: .upgrade(response.status, ProxyKind(leg.proxyName)),
        packets: [leg.request?.packet, response.packet])
    }
    guard session.verdict == .absent, let leg = session.legs.last, let request = leg.request,
      leg.response == nil, !session.isWebSocket, let (side, end) = leg.firstEnd
    else { return nil }
    let party = side == .client ? "the client's side" : "the server's side"
    return finding(
      .error,
      "The upgrade request (\(context.place(request.packet))) was not answered before \(party) ended the"
        + " connection with \(Wording.kind(end)) (\(context.place(end.packet))),"
        + " \(Wording.duration(abs(end.packet.time.seconds(since: request.packet.time))))"
        + " \(end.packet.precedes(request.packet) ? "before it" : "later").",
      remedy: .upgrade(nil, .unknown), packets: [request.packet, end.packet])
  }

  /// What the proxy had got from behind when it answered by itself.
  private static func ownAnswer(
    _ behind: Leg, _ response: UpgradeResponse, _ context: SessionContext
  ) -> String {
    guard let other = behind.response else {
      guard let end = behind.ending(by: .server) else {
        return ", and had got no answer from its own upstream"
      }
      return ", as its own upstream ended with \(end.kind.name) (\(context.place(end.packet))) and without"
        + " an answer"
    }
    let place = "\(other.status) (\(context.place(other.packet)))"
    return response.packet.precedes(other.packet)
      ? ", before its own upstream answered with \(place)"
      : ", although its own upstream had answered \(place)"
  }
}
