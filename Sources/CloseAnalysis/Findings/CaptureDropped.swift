import Capture
import Streams

/// A live capture missed packets while a session was open.
enum CaptureDropped: FindingRule {
  static let id = "capture-drops"

  static let explanation = RuleExplanation(
    summary: "a live capture missed packets while the session was open",
    meaning: """
      The kernel's ring was full, the network card dropped packets, or an interface was gone for a while, and nobody knows \
      of which connection they were. \
      Bytes that are missing show as gaps; an ACK, a RST or an end that is missing does not. As a warning: the verdict \
      hangs on one of these, and is undetermined for that reason. For information: the verdict follows from sequence \
      numbers, or from what was seen.
      """,
    trigger:
      "Counters of the capture (pcap_stats) that rose after the server's last frame on a leg, or after its Close"
      + " frame, and before the session was judged; or an interface that was gone in that time.",
    action:
      "Give wsclose live a larger ring (-B) and a filter for the port (-f), and look at how busy the machine is.",
    remedies: [.captureFaster])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard session.legs.contains(where: { !$0.missed.isNone }) else { return nil }
    let missed = session.legs.map(\.missed)
    let text = text(missed.map(\.count).max() ?? 0, hasOutage: missed.contains(where: \.hasOutage))
    let isHarmful = session.judgement.reason == .dropped
    return finding(
      isHarmful ? .warning : .info,
      text, remedy: isHarmful ? .captureFaster : nil,
      packets: session.legs.filter { !$0.missed.isNone }.map(\.wholeAt))
  }

  private static func text(_ count: UInt64, hasOutage: Bool) -> String {
    let dropped =
      "The capture dropped \(Wording.count(count, "packet", "packets")) while the session was open, of this connection or of"
      + " others."
    let outage = "An interface was gone, and nothing captured on it, while the session was open."
    let texts = (count > 0 ? [dropped] : []) + (hasOutage ? [outage] : [])
    return texts.joined(separator: " ")
  }
}
