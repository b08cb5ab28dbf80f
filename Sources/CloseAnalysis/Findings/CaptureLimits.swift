import Capture
import TCPReassembly

/// Bytes of a leg are not in the capture.
enum CaptureGap: FindingRule {
  static let id = "capture-gap"

  static func find(in session: Session) -> Finding? {
    let gaps = session.gaps(.notCaptured)
    guard !gaps.isEmpty else { return nil }
    let bytes = gaps.reduce(UInt64(0)) { $0 + $1.range.upperBound - $1.range.lowerBound }
    return finding(
      session.judgement.reason == .gap ? .warning : .info,
      "\(Wording.count(bytes, "byte", "bytes")) in \(Wording.count(UInt64(gaps.count), "gap", "gaps"))"
        + " were on the wire and are not in the capture.",
      remedy: Remedy(
        summary: "capture with a larger buffer (tcpdump -B 16384) and a filter for the port"),
      packets: gaps.prefix(5).map(\.packet))
  }
}

/// Packets of a leg were cut by the capture's snaplen.
enum CaptureTruncated: FindingRule {
  static let id = "capture-truncated"

  static func find(in session: Session) -> Finding? {
    let gaps = session.gaps(.truncated)
    guard !gaps.isEmpty else { return nil }
    return finding(
      session.judgement.reason == .truncated ? .warning : .info,
      "\(Wording.count(UInt64(gaps.count), "packet was", "packets were")) cut by the capture's snaplen.",
      remedy: Remedy(summary: "capture whole packets (tcpdump -s 0)"),
      packets: gaps.prefix(5).map(\.packet))
  }
}

extension Session {
  fileprivate func gaps(_ cause: GapCause) -> [SeenGap] {
    legs.flatMap { $0.server.gaps + $0.client.gaps }.filter { $0.cause == cause }
  }
}
