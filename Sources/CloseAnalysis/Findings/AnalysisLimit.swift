import Capture
import Streams

/// A limit of the program itself was hit.
enum AnalysisLimit: FindingRule {
  static let id = "analysis-limit"

  static let explanation = RuleExplanation(
    summary: "wsclose gave up bytes, or forgot a connection, to keep its memory bounded",
    meaning: """
      Memory is bounded, whatever a capture holds. Bytes that wait for others before them are kept up to a limit; \
      beyond it the missing ones are given up, although their packets may come later in the capture. Connections \
      are kept up to a limit too, and forgotten after long silence. The finding names the option. As a warning: \
      the verdict is undetermined for that reason.
      """,
    trigger: "Gaps that were declared because too much waited behind them (maxHeldBytes, maxHeldSegments,"
      + " maxTotalHeldBytes), or a connection forgotten before it had ended (maxConnections, idleTimeout).",
    action:
      "Read fewer connections at once: a filter (-f) for the port or the host, or a part of the capture.",
    remedies: [.readLess])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let limit = session.limit else { return nil }
    let isHarmful = session.judgement.reason == .limit
    let text: String
    let packets: [PacketReference]
    if limit.isForgotten {
      let legs = session.legs.filter { $0.forgotten != nil && $0.firstEnd == nil }
      text =
        "\(legs.count == 1 ? "A leg" : "\(legs.count) legs") had not ended when wsclose forgot"
        + " \(legs.count == 1 ? "it" : "them"): the limit \(limit.option.rawValue) was hit."
      packets = legs.map(\.beginning)
    } else {
      let gaps = session.legs.flatMap { $0.server.gaps + $0.client.gaps }
        .filter { if case .limit = $0.cause { true } else { false } }
      text =
        "Bytes were given up because too much waited behind them: the limit \(limit.option.rawValue) was hit"
        + (gaps.first.map { " (first at \(context.place($0.packet)))" } ?? "") + "."
      packets = gaps.prefix(5).map(\.packet)
    }
    return finding(isHarmful ? .warning : .info, text, remedy: isHarmful ? .readLess : nil, packets: packets)
  }
}
