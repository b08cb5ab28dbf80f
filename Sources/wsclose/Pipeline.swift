import Capture
import HTTP2Decode
import CloseAnalysis
import TLSDecode
import TCPReassembly
import WSDecode

/// Joins the stages: packets → segments → streams → legs → sessions.
enum Pipeline {
  /// One capture, and how to read it.
  struct Source {
    var path: String
    var filter: String?
    /// The capture's place among those of one report.
    var index = 0
    var keyLog = KeyLog()
    /// Bytes of standard input that were read before.
    var beginning: [UInt8] = []
    /// Called whenever all that a pipe has given so far has come out of the stages.
    var beforeWaiting: () -> Void = {}
    /// Whether nobody wants to know any more.
    var isStopped: () -> Bool = { false }
  }

  /// Reads one capture to its end into a sink of legs.
  ///
  /// - Parameter makeSink: gets the capture's name.
  /// - Throws: if the capture cannot be opened. Damage further on is noted in the summary.
  static func read<Sink: LegSink>(
    _ source: Source, options: FrameOptions = FrameOptions(), into makeSink: (String) -> Sink
  ) throws(CaptureError) -> (CaptureSummary, Sink) {
    let reader = CaptureReader(
      try PcapFile(
        path: source.path, filter: source.filter, index: source.index, beginning: source.beginning,
        beforeWaiting: source.beforeWaiting,
        isStopped: { Interrupt.isRequested || source.isStopped() }))
    var reassembler = Reassembler()
    var decoder = TLSDecoder(
      into: HTTP2Decoder(into: WebSocketDecoder(into: makeSink(reader.source), options: options)),
      keyLog: source.keyLog)
    reader.forEachSegment { segment, frame in
      for secrets in reader.takeSecrets() {
        if let bad = decoder.addSecrets(secrets) { complain(of: bad, in: reader.source) }
      }
      reassembler.receive(segment, in: frame, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    let summary = CaptureSummary(
      source: reader.source, linkType: reader.linkType, statistics: reader.statistics,
      reassembly: reassembler.statistics, tls: decoder.statistics, damage: reader.damage)
    if reader.brokenSecrets > 0 {
      Output.complain(
        "\(reader.source): \(reader.brokenSecrets) Decryption Secrets Blocks are broken, and were passed over;"
          + " inject the key log again, or give it with --keylog")
    }
    return (summary, decoder.sink.sink.sink)
  }

  private static func complain(of lines: KeyLog.Malformed, in source: String) {
    Output.complain(
      "\(source): \(lines.count) lines of its decryption secrets are none of a key log, the first is line"
        + " \(lines.firstLine); what is left of them is used")
  }
}
