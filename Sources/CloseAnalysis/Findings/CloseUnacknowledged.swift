import Capture
import Streams
import WSDecode

/// The Close frame was sent again, or never acknowledged.
enum CloseUnacknowledged: FindingRule {
  static let id = "close-unacknowledged"

  static let explanation = RuleExplanation(
    summary: "the Close frame had to be sent again, or was never acknowledged",
    meaning: """
      The receiver's system did not acknowledge the Close frame at once. Sent again and acknowledged in the \
      end: packets were lost on the way, and nothing else happened. Never acknowledged: the receiver was \
      gone or not reachable (asleep, network changed, cable out), or it had reset the connection.
      """,
    trigger: """
      Bytes of the Close frame were on the wire more than once (copies of one packet in the capture do not \
      count); or ACKs of that direction were captured and none covers the frame, though the connection has \
      ended. A receiver that had ended the connection before, or that sent the frame on, does not count.
      """,
    action: """
      Look at the client's network. A server finds dead clients with Pings: end a connection whose Pong \
      does not come.
      """,
    remedies: [.findDeadClients])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    for index in session.legs.indices where mayHaveFinding(session.legs[index].server) {
      if let finding = find(session, index, context) { return finding }
    }
    return nil
  }

  private static func mayHaveFinding(_ stream: LegStream) -> Bool {
    stream.hasWholeClose && (stream.closeRetransmissions > 0 || !stream.isCloseAcknowledged)
  }

  private static func find(_ session: Session, _ index: Int, _ context: SessionContext) -> Finding? {
    let leg = session.legs[index]
    guard let close = leg.server.close, !close.isCut else { return nil }
    // Who has left before acknowledges nothing, and who sent the frame on has it.
    if let end = leg.client.end, end.packet.precedes(close.frame.last) { return nil }
    let wasRead = index > 0 && session.legs[index - 1].server.close?.isCut == false
    guard close.acknowledged != nil || !wasRead else { return nil }
    let again = leg.server.closeRetransmissions
    let receiver = session.label(index == 0 ? .client : .proxy(behind: index - 1)).text
    let frame = "The Close frame to \(receiver) (\(context.place(close.frame.last)))"
    let repeats = "sent again \(again == 1 ? "once" : "\(Wording.count(again)) times")"
    if let acknowledged = close.acknowledged {
      let delay = acknowledged.time.seconds(since: close.frame.last.time)
      return finding(
        .info,
        "\(frame) was \(repeats); its first ACK is \(Wording.duration(delay)) behind it"
          + " (\(context.place(acknowledged))): packets were lost on the way, or the ACK was late.",
        packets: [close.frame.last, acknowledged])
    }
    if let reset = leg.client.rst, close.frame.last.precedes(reset.packet) {
      return finding(
        .error,
        "\(frame) was never acknowledged: the receiver answered with RST (\(context.place(reset.packet))).",
        remedy: .findDeadClients, packets: [close.frame.last, reset.packet])
    }
    // Without a single ACK their direction was not captured.
    guard leg.server.acknowledged != nil else { return nil }
    if again > 0 {
      return finding(
        .error,
        "\(frame) was \(repeats), and no ACK of it was captured: consistent with a receiver that is gone"
          + " or not reachable.", remedy: .findDeadClients, packets: [close.frame.last])
    }
    guard let (_, end) = leg.firstEnd else { return nil }
    return finding(
      .warning, "No ACK of the Close frame to \(receiver) (\(context.place(close.frame.last))) was captured.",
      packets: [close.frame.last, end.packet])
  }
}
