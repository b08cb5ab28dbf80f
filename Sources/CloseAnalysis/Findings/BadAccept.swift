import Capture
import Streams
import WSDecode

/// The 101 does not answer the request's key.
enum BadAccept: FindingRule {
  static let id = "bad-accept"

  static let explanation = RuleExplanation(
    summary: "the 101 carries a wrong Sec-WebSocket-Accept, or none: every client refuses it",
    meaning: """
      Sec-WebSocket-Accept must be made of the request's Sec-WebSocket-Key (RFC 6455 §4.2.2): that proves \
      that what answered speaks WebSocket and answers this request. Where it does not match, the client \
      must fail the connection (§4.1): browsers and node report 1006 at once, whatever comes after the 101. \
      A proxy between does not check it.
      """,
    trigger: "A leg with the upgrade request's key and a 101 whose Sec-WebSocket-Accept is not what RFC 6455"
      + " makes of it.",
    action: """
      Find what wrote the 101. A server that computes the value from a changed or repeated key, a cache or \
      a test double that answers with a fixed value, or something between that rewrites one of the two \
      fields.
      """,
    remedies: [.validAccept])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    // What comes from behind is passed on: the server-most leg is where it begins.
    guard let leg = session.legs.last(where: { $0.acceptMatches == false && !$0.isRefused }),
      let request = leg.request, let response = leg.response
    else { return nil }
    let what = response.accept == nil ? "no Sec-WebSocket-Accept" : "a Sec-WebSocket-Accept that does not"
    var text = "The 101 from \(leg.connection.server) (\(context.place(response.packet))) carries \(what)"
    text += response.accept == nil ? "" : " answer the key of the request (\(context.place(request.packet)))"
    text += ": a client must fail the connection then (RFC 6455 §4.1), and reports 1006."
    return finding(.error, text, remedy: .validAccept, packets: [request.packet, response.packet])
  }
}
