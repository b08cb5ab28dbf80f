import Capture
import Streams
import WSDecode

/// The server ended its connection first, and without a Close frame.
enum NoCloseFromServer: FindingRule {
  static let id = "no-close-from-server"

  static let explanation = RuleExplanation(
    summary: "the server ended its connection without a Close frame",
    meaning: """
      FIN or RST came from the server's end before any other, and no Close frame before it: the process \
      exited or crashed, the program called terminate() or destroyed the socket, or it did not answer the \
      client's Close frame. A RST instead of a FIN means that data from the client was unread when the \
      socket was closed, or SO_LINGER was 0. Proxies pass the end on (Envoy 1 s later, a RST as FIN); the \
      client sees 1006.
      """,
    trigger: """
      No Close frame from the server on any leg. On the leg next to the server, understood to its last \
      byte, the server's end sent FIN or RST first. It does not count if that end calls itself a proxy in \
      the 101: the server is behind it then (see no-close-from-proxy). A proxy that does not name itself \
      looks like the server. A warning, if the handshake that could name one was not captured.
      """,
    action: """
      Look for crashes, restarts and out-of-memory kills at that time, and for terminate() or destroy() in \
      the code. On shutdown close every WebSocket with 1001 or 1012 and wait for the replies before the \
      process exits.
      """,
    remedies: [.closeOnShutdown, .answerClose])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.verdict == .absent, session.isWebSocket, let origin = session.origin,
      origin.party == .server,
      let leg = session.legs.last, leg.hasFrames, leg.server.isUnderstood
    else { return nil }
    let party = session.label(.server)
    guard !party.isProxy else { return nil }
    var text = String(roomFor: 320)
    text += Wording.sentence(party.text)
    text += " ended its connection with \(Wording.kind(origin.end)) (\(context.place(origin.end.packet)))"
    if let half = session.halfClose {
      text += ", and \(half): the program ended the socket before its Close frame was out."
      return finding(.error, text, remedy: .finishClose, packets: [origin.end.packet])
    }
    if let cut = leg.server.cut {
      text +=
        " in the middle of a frame, \(Wording.count(cut.upperBound - cut.lowerBound, "byte", "bytes"))"
        + " from its beginning,"
    }
    if let asked = leg.client.close, !asked.isCut, asked.frame.last.precedes(origin.end.packet) {
      let wait = origin.end.packet.time.seconds(since: asked.frame.last.time)
      text += " \(Wording.duration(wait)) after the client's Close frame (\(context.place(asked.frame.last)))"
      text += " and had not answered it with one of its own."
      return finding(.error, text, remedy: .answerClose, packets: [asked.frame.last, origin.end.packet])
    }
    text += " and had sent no Close frame: consistent with a process that exits or crashes, or with"
    text += " terminate() instead of close()"
    if origin.end.kind == .rst { text += "; a RST points to unread data or SO_LINGER 0" }
    // On loopback the next program is the server, or a proxy in the same pod.
    if !leg.isLocal, leg.response == nil {
      text += ". The handshake is not in the capture: a proxy may stand there that passes an end on."
      return finding(.warning, text, remedy: .captureAtServer, packets: [origin.end.packet])
    }
    if !leg.isLocal { text += ". A proxy that does not name itself in the 101 looks the same" }
    return finding(.error, text + ".", remedy: .closeOnShutdown, packets: [origin.end.packet])
  }
}
