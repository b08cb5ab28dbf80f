import Capture
import CloseAnalysis
import TCPReassembly
import WSDecode

/// Joins the stages: packets → segments → streams → legs → sessions.
enum Pipeline {
  /// Reads one capture to its end and adds it to the analysis.
  ///
  /// - Throws: if the capture cannot be opened. Damage further on is noted in the capture's summary.
  static func analyse(
    _ path: String, filter: String?, into analysis: inout Analysis
  )
    throws(CaptureError)
  {
    let reader = CaptureReader(
      try PcapFile(path: path, filter: filter, isStopped: { Interrupt.isRequested }))
    var reassembler = Reassembler()
    var decoder = WebSocketDecoder(into: LegCollector())
    reader.forEachSegment { segment, frame in
      reassembler.receive(segment, in: frame, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    analysis.add(
      CaptureSummary(
        source: reader.source, linkType: reader.linkType, statistics: reader.statistics,
        flows: reassembler.statistics.connections, damage: reader.damage),
      legs: decoder.sink.legs)
  }
}
