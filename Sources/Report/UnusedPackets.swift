import Capture
import CloseAnalysis

extension CaptureSummary {
  /// Packets that no stream took, by reason; reasons that did not occur are left out.
  var unused: [(reason: String, count: UInt64)] {
    let stages =
      statistics.skipped.map { (reason: "\($0.reason)", count: $0.count) }
      + [
        // An ACK, FIN or RST of a connection of which the capture shows nothing else.
        (reason: "noConnection", count: reassembly.strays),
        (reason: "ignoredReset", count: reassembly.ignoredResets),
      ]
    return stages.filter { $0.count > 0 }
  }
}
