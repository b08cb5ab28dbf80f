import Capture
import Streams

/// A RST toward the client right behind the Close frame, before an answer.
enum RSTAfterClose: FindingRule {
  static let id = "rst-after-close"
  /// Seconds that count as one round trip where no ACK tells.
  private static let roundTrip = 0.1

  static let explanation = RuleExplanation(
    summary: "the connection was reset right behind the Close frame",
    meaning: """
      A RST followed the Close frame before the receiver could answer. Whether its program still reads the \
      frame depends on its system: on Linux what the kernel has acknowledged stays readable after a RST; \
      Windows is believed to discard it. So an acknowledged Close frame is at risk here, and one that is \
      not acknowledged may be lost. The sender is usually a program that closes its socket while data from \
      the client is unread.
      """,
    trigger: """
      On one leg: a Close frame from the server's side, then a RST of the same side, not behind its FIN, \
      within one round trip (the time to the frame's ACK, at least 0.1 s), and no Close frame from the \
      client's side before it.
      """,
    action: """
      Have the sender read until the client's Close frame has come, and close its socket then; do not set \
      SO_LINGER to 0.
      """,
    remedies: [.noReset])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    for index in session.legs.indices {
      let leg = session.legs[index]
      guard let reset = leg.server.rst, leg.server.hasWholeClose, let close = leg.server.close,
        close.frame.last.precedes(reset.packet), leg.server.end?.kind.isAbort == true, leg.showsAllFromClient
      else { continue }
      if let reply = leg.client.close, reply.frame.last.precedes(reset.packet) { continue }
      if let end = leg.client.end, end.packet.precedes(reset.packet) { continue }
      let delay = reset.packet.time.seconds(since: close.frame.last.time)
      let acknowledgment = close.acknowledged.map { $0.time.seconds(since: close.frame.last.time) } ?? 0
      guard delay <= max(roundTrip, acknowledgment) else { continue }
      let sender = session.label(index + 1 < session.legs.count ? .proxy(behind: index) : .server)
      var text =
        "\(Wording.sentence(sender.text)) reset the connection \(Wording.duration(delay)) after the Close"
      text +=
        " frame (\(context.place(close.frame.last)), \(context.place(reset.packet))), before an answer: "
      let wasRead = index > 0 && session.legs[index - 1].server.close?.isCut == false
      text +=
        wasRead
        ? "the receiver had read the frame all the same, as it sent it on."
        : close.acknowledged == nil
          ? "no ACK covers the frame, and the receiver may have lost it."
          : "an ACK covers the frame, and Linux keeps it readable; Windows is believed to discard it."
      return finding(
        wasRead ? .info : .warning, text, remedy: wasRead ? nil : .noReset,
        packets: [close.frame.last, reset.packet])
    }
    return nil
  }
}
