import Capture
import Streams

/// The client's side did not read: it left the proxy, or the server, no room to send.
enum SlowClient: FindingRule {
  static let id = "slow-client"

  static let explanation = RuleExplanation(
    summary: "the client's side closed its receive window: it was not reading",
    meaning: """
      The receiver's buffer was full, as its program did not read for a while. That is no error by itself, \
      the sender waits. It becomes one when the connection ends meanwhile: what waits in the proxy is then \
      discarded (see delayed-close-drop). If the client-most captured leg ends at a proxy, it is that proxy \
      which did not read, because its own client did not, or is slow.
      """,
    trigger: """
      On the client-most leg, before its end: a window of 0 from the client's side. A warning if bytes were \
      then dropped, else for information.
      """,
    action: """
      Find out what keeps the client from reading: a busy event loop, a paused tab or debugger, a slow \
      link. Have the server send less at once; let it watch bufferedAmount before it closes.
      """,
    remedies: [.readFaster])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    let leg = session.client
    guard let stall = leg.server.windowClosed else { return nil }
    let end = leg.firstEnd?.end
    if let end, !stall.first.precedes(end.packet) { return nil }
    let stalls = Wording.stalls(stall.count, first: context.place(stall.first))
    var text = "\(Wording.sentence(session.label(.client).text)) closed its receive window \(stalls)"
    if let end {
      text +=
        ", \(Wording.duration(end.packet.time.seconds(since: stall.first.time))) before the end"
    }
    if stall.isClosed { text += ", and had not opened it again in the end" }
    let hop = session.hops.first
    let isHarmful =
      (hop?.dropped ?? 0) > 0 && hop?.clientEndedFirst == false
      || leg.server.cut != nil && leg.ending?.side == .server
    return finding(
      isHarmful ? .warning : .info, text + ": it was not reading.",
      remedy: isHarmful ? .readFaster : nil, packets: [stall.first, end?.packet])
  }
}
