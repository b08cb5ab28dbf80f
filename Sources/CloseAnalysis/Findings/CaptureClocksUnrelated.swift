import Capture
import Streams

/// The session's captures have clocks that nothing measures against each other.
enum CaptureClocksUnrelated: FindingRule {
  static let id = "capture-clocks"

  static let explanation = RuleExplanation(
    summary: "the captures were made by different clocks, and no leg is on two of them",
    meaning: """
      By how much the clocks of two machines differ can be measured where both captured the same TCP \
      connection. Here they did not: the session's legs are on different captures. What a proxy passes on it \
      must have got before, so requests, answers and frames bound the difference from both sides; the middle \
      of these bounds was taken. Order within a session is right, times between the captures may be wrong by \
      what the finding says, and no latency is given.
      """,
    trigger: "Legs of one session on captures that have no leg in common.",
    action: """
      Nothing, if the answer is clear. For times, add the capture of a place between (the gateway's, with \
      both its connections), or capture both legs on one machine (-i any in the pod).
      """,
    remedies: [.captureBetween])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard context.clocks.areSeveral else { return nil }
    let first = session.client.beginning
    guard
      let other = session.legs.lazy.map(\.beginning).first(where: { !context.clocks.areMeasured(first, $0) })
    else { return nil }
    let error = Double(context.clocks.uncertainty(first, other)) / 1e9
    return finding(
      .info,
      "\(context.captureName(first)) and \(context.captureName(other)) have no leg in common: their clocks"
        + " were brought together by what was passed on, and times between them may be wrong by"
        + " \(Wording.duration(error)); no latency is given.", packets: [first, other])
  }
}
