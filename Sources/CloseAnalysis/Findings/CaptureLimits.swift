import Capture
import Streams

/// Bytes of a leg are not in the capture.
enum CaptureGap: FindingRule {
  static let id = "capture-gap"

  static let explanation = RuleExplanation(
    summary: "the capture lacks bytes that were on the wire",
    meaning: """
      Packets were sent, as later sequence numbers or ACKs tell, and are not in the capture: the capturing \
      machine dropped them, or a filter left them out. As a warning: a Close frame may be among them, and \
      the verdict is undetermined for that reason. For information: the verdict follows from the rest.
      """,
    trigger: "A hole in the sequence numbers of a leg that was not filled, or an ACK of bytes that were"
      + " never captured.",
    action: "Capture with a larger buffer, fewer other packets and a faster disk; write to a file (-w),"
      + " not to a terminal.",
    remedies: [.captureAll])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let gaps = CaptureHoles(session.legs, .notCaptured) else { return nil }
    if gaps.isOnlyEnds {
      return finding(
        .info,
        "An ACK covers one byte more than was captured: consistent with a FIN that is not in the capture.",
        packets: gaps.holes.map(\.packet))
    }
    let isHarmful = session.judgement.reason == .gap
    return finding(
      isHarmful ? .warning : .info,
      "\(gaps.isAll ? "" : "At least ")\(Wording.count(gaps.bytes, "byte", "bytes")) in"
        + " \(Wording.count(UInt64(gaps.holes.count), "gap", "gaps")) passed on the wire and are missing"
        + " in the capture (first at \(context.place(gaps.holes[0].packet))).",
      remedy: isHarmful ? .captureAll : nil, packets: gaps.holes.prefix(5).map(\.packet))
  }
}

/// Packets of a leg were cut by the capture's snaplen.
enum CaptureTruncated: FindingRule {
  static let id = "capture-truncated"

  static let explanation = RuleExplanation(
    summary: "the capture holds only the beginning of packets",
    meaning: """
      The capture was made with a snaplen below the size of its packets. Lengths, ACKs and ends are whole, \
      so the order of events can often be told all the same; handshakes, codes and reasons may be lost. As \
      a warning: the verdict is undetermined for that reason.
      """,
    trigger: "Packets of a leg whose length on the wire is greater than what was captured of them.",
    action: "Capture whole packets: tcpdump -s 0, which is the default of today's versions.",
    remedies: [.captureWhole])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let gaps = CaptureHoles(session.legs, .truncated) else { return nil }
    let count = Wording.count(UInt64(gaps.holes.count), "packet was", "packets were")
    let isHarmful = session.judgement.reason == .truncated
    return finding(
      isHarmful ? .warning : .info,
      "\(gaps.isAll ? "" : "At least ")\(count) cut by the capture's snaplen (first"
        + " \(context.place(gaps.holes[0].packet))).",
      remedy: isHarmful ? .captureWhole : nil, packets: gaps.holes.prefix(5).map(\.packet))
  }
}

/// Holes of one cause in the legs of a session.
private struct CaptureHoles {
  let holes: [SeenGap]
  /// Streams keep their first holes only.
  let isAll: Bool
  /// A single byte at the end of a stream is too short for a frame: it is a FIN.
  let isOnlyEnds: Bool
  var bytes: UInt64 { holes.reduce(0) { $0 &+ ($1.range.upperBound - $1.range.lowerBound) } }

  /// - Returns: `nil` if there are none.
  init?(_ legs: [Leg], _ cause: GapCause) {
    if legs.allSatisfy({ $0.server.gaps.isEmpty && $0.client.gaps.isEmpty }) { return nil }
    let streams = legs.flatMap { [$0.server, $0.client] }
    holes = streams.flatMap(\.gaps).filter { $0.cause.kind == cause.kind }
      .sorted { $0.packet.precedes($1.packet) }
    isAll = streams.allSatisfy { UInt64($0.gaps.count) == $0.gapCount && !$0.hasGapOfUnknownLength }
    isOnlyEnds = streams.allSatisfy { stream in
      !stream.hasGapOfUnknownLength
        && stream.gaps.allSatisfy {
          $0.range.upperBound - $0.range.lowerBound == 1 && $0.range.upperBound == stream.sentEnd
        }
    }
    if holes.isEmpty { return nil }
  }
}

extension GapCause {
  /// Which finding tells of it. Bytes whose number is not known are missing like the others.
  fileprivate enum Kind { case missing, cut, givenUp }

  fileprivate var kind: Kind {
    switch self {
    case .notCaptured, .unknownLength: .missing
    case .truncated: .cut
    case .limit: .givenUp
    }
  }
}
