import Capture
import CloseAnalysis

/// Packets that no stream took, for one reason.
struct UnusedPackets {
  /// The reason's name in JSON.
  var reason: String
  var count: UInt64
  /// Count and reason for people.
  var text: String
}

extension CaptureSummary {
  /// The link types of its packets: `EN10MB`, or several with commas between them.
  var linkTypes: String { statistics.linkTypes.map(\.rawValue).joined(separator: ",") }

  /// Packets that no stream took, by reason; reasons that did not occur are left out.
  var unused: [UnusedPackets] {
    let stages =
      statistics.skipped.map { reason, count in
        UnusedPackets(reason: "\(reason)", count: count, text: reason.text(count))
      }
      + [
        // An ACK, FIN or RST of a connection of which the capture shows nothing else.
        UnusedPackets(
          reason: "noConnection", count: reassembly.strays,
          text: "\(reassembly.strays) of no known connection"),
        UnusedPackets(
          reason: "ignoredReset", count: reassembly.ignoredResets,
          text: "\(reassembly.ignoredResets) RST outside the window"),
        UnusedPackets(
          reason: "survivedReset", count: reassembly.survivedResets,
          text: "\(reassembly.survivedResets) RST that the connection survived"),
        UnusedPackets(
          reason: "ignoredSYN", count: reassembly.ignoredSYNs,
          text: "\(reassembly.ignoredSYNs) SYN inside a connection that went on"),
        UnusedPackets(
          reason: "outOfWindow", count: reassembly.outOfWindow,
          text: "\(reassembly.outOfWindow) outside the window"),
      ]
    return stages.filter { $0.count > 0 }
  }
}

extension SkipReason {
  fileprivate func text(_ count: UInt64) -> String {
    switch self {
    case .filtered: "\(count) filtered out"
    case .linkType: "\(count) of another link type"
    case .notIP: "\(count) not IP"
    case .notTCP: "\(count) not TCP"
    case .fragment: "\(count) IP fragment\(count == 1 ? "" : "s")"
    case .truncatedHeader: "\(count) with a cut header"
    case .badHeader: "\(count) with a bad header"
    case .nestedTooDeep: "\(count) in too many tunnels"
    case .badChecksum: "\(count) with a wrong checksum"
    }
  }
}
