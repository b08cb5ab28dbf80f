import Capture
import Streams

/// The server sent its Close frame and FIN together, before the client could answer.
enum ServerDidNotWait: FindingRule {
  static let id = "server-did-not-wait"
  /// A server that ends later has waited for a reply.
  private static let together = 0.2

  static let explanation = RuleExplanation(
    summary: "the server ended TCP right behind its Close frame, without waiting for the reply",
    meaning: """
      The side that closes sends a Close frame, waits for the other's, and ends TCP then (RFC 6455 §7.1.1). \
      Here FIN followed the Close frame at once. Where FIN reaches the client before it has answered, \
      clients disagree: Chromium reports the code with wasClean true, Firefox the code with wasClean false. \
      What the client had under way is lost, and may be answered with a RST.
      """,
    trigger: """
      On the leg next to the server: a Close frame from the server, not in answer to the client's, and its \
      FIN within 0.2 s and before any Close frame from the client (one whose packet does not acknowledge the \
      FIN was sent before it came). Only where the Close frame reached the client's side, which had not left \
      before. For information, where a captured proxy held the end back until the client had answered.
      """,
    action: """
      Let the library end TCP: call close(code, reason) and do not end or destroy the socket behind it. A \
      server that has to go may stop waiting after a few seconds.
      """,
    remedies: [.waitForReply])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.verdict == .delivered, let leg = session.legs.last, leg.serverFINCameBeforeReply,
      let fin = leg.server.fin, leg.server.hasWholeClose, let close = leg.server.close,
      leg.server.end?.kind.isAbort == false, leg.showsAllFromClient, leg.server.acknowledged != nil
    else { return nil }
    // A client that did not get the frame, or had left, did not mind.
    if session.client.acceptMatches == false || clientLeftFirst(session) { return nil }
    if let reply = leg.client.close, reply.frame.last.precedes(close.frame.first) { return nil }
    if let end = leg.client.end, end.packet.precedes(fin.packet) { return nil }
    let delay = fin.packet.time.seconds(since: close.frame.last.time)
    guard delay <= together else { return nil }
    let server = session.label(.server)
    var text = String(roomFor: 320)
    text += Wording.sentence(server.text)
    text += " sent its Close frame and FIN "
    if fin.packet == close.frame.last {
      text += "in the same packet ("
    } else {
      text += Wording.duration(delay)
      text += " apart ("
      text += context.place(close.frame.last)
      text += ", "
    }
    text += context.place(fin.packet)
    text += "), before a Close frame from the client had come"
    if server.isProxy { text += "; as a proxy it passes on what came from behind it" }
    let packets: [PacketReference?] = [close.frame.last, fin.packet]
    if session.legs.count > 1, !session.client.serverFINCameBeforeReply {
      text += ". The client's side had answered before the end came to it: no harm was done here."
      return finding(.info, text, packets: packets)
    }
    text += """
      . A client that gets FIN before it has answered may call the close unclean: Firefox reports wasClean false.
      """
    return finding(.warning, text, remedy: .waitForReply, packets: packets)
  }

  private static func clientLeftFirst(_ session: Session) -> Bool {
    guard let end = session.client.ending(by: .client), let close = session.client.server.close else {
      return false
    }
    return end.packet.precedes(close.frame.last)
  }
}
