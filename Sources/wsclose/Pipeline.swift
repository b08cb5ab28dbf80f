import Capture
import HTTP2Decode
import CloseAnalysis
import TLSDecode
import TCPReassembly
import WSDecode

/// Joins the stages: packets → segments → streams → legs → sessions.
enum Pipeline {
  /// Reads one capture to its end into a sink of legs.
  ///
  /// - Parameters:
  ///   - index: the capture's place among those of one report.
  ///   - makeSink: gets the capture's name.
  /// - Throws: if the capture cannot be opened. Damage further on is noted in the summary.
  static func read<Sink: LegSink>(
    _ path: String, filter: String?, index: Int = 0, keyLog: KeyLog = KeyLog(),
    options: FrameOptions = FrameOptions(), into makeSink: (String) -> Sink
  ) throws(CaptureError) -> (CaptureSummary, Sink) {
    let reader = CaptureReader(
      try PcapFile(path: path, filter: filter, index: index, isStopped: { Interrupt.isRequested }))
    var reassembler = Reassembler()
    var decoder = TLSDecoder(
      into: HTTP2Decoder(into: WebSocketDecoder(into: makeSink(reader.source), options: options)),
      keyLog: keyLog)
    reader.forEachSegment { segment, frame in
      for secrets in reader.takeSecrets() { decoder.addSecrets(secrets) }
      reassembler.receive(segment, in: frame, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    let summary = CaptureSummary(
      source: reader.source, linkType: reader.linkType, statistics: reader.statistics,
      reassembly: reassembler.statistics, damage: reader.damage)
    return (summary, decoder.sink.sink.sink)
  }
}
