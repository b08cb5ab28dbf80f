import Capture
import Streams

/// A live capture dropped packets while a session was open.
enum CaptureDropped: FindingRule {
  static let id = "capture-drops"

  static let explanation = RuleExplanation(
    summary: "a live capture dropped packets while the session was open",
    meaning: """
      The kernel's ring was full, or the network card dropped packets, and nobody knows of which connection they were. \
      Bytes that are missing show as gaps; an ACK, a RST or an end that is missing does not. As a warning: the verdict \
      hangs on one of these, and is undetermined for that reason. For information: the verdict follows from sequence \
      numbers, or from what was seen.
      """,
    trigger:
      "Counters of the capture (pcap_stats) that rose after the server's last frame on a leg, or after its Close"
      + " frame, and before the session was judged.",
    action:
      "Give wsclose live a larger ring (-B) and a filter for the port (-f), and look at how busy the machine is.",
    remedies: [.captureFaster])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let count = session.legs.map(\.drops).max(), count > 0 else { return nil }
    let isHarmful = session.judgement.reason == .dropped
    return finding(
      isHarmful ? .warning : .info,
      "The capture dropped \(Wording.count(count, "packet", "packets")) while the session was open, of this connection or"
        + " of others.",
      remedy: isHarmful ? .captureFaster : nil,
      packets: session.legs.filter { $0.drops > 0 }.map(\.wholeAt))
  }
}
