import Capture
import HTTP2Decode
import CloseAnalysis
import TLSDecode
import TCPReassembly
import WSDecode

/// Joins the stages: packets → segments → streams → legs → sessions.
enum Pipeline {
  /// One capture, read.
  struct Reading<Sink: LegSink> {
    var summary: CaptureSummary
    var sink: Sink
    /// Where its files are damaged.
    var damages: [CaptureError]
    /// Files that turned out to be no parts of it.
    var remaining: [String]
  }

  /// Reads one capture to its end into a sink of legs.
  ///
  /// - Parameter onInterfaceNames: gets the names of the capture's interfaces as they become known.
  /// - Throws: if the capture cannot be opened. Damage further on is noted in the summary.
  static func read<Sink: LegSink>(
    _ source: CaptureSource, keyLog: KeyLog, options: FrameOptions = FrameOptions(),
    into sink: Sink, onInterfaceNames: @escaping ([UInt32: String]) -> Void = { _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    var source = source
    let isUnwanted = source.isStopped
    source.isStopped = { Interrupt.isRequested || isUnwanted() }
    var reader = try CaptureReader(source)
    let name = reader.parts[0].source
    let decoder = TLSDecoder(
      into: HTTP2Decoder(into: WebSocketDecoder(into: sink, options: options)), keyLog: keyLog)
    var stages = Stages(source: name, decoder: decoder, onInterfaceNames: onInterfaceNames)
    reader.read(into: &stages)
    stages.reassembler.finish(into: &stages.decoder)
    complain(of: reader.statistics.brokenSecrets, in: name)
    return Reading(
      summary: CaptureSummary(
        parts: reader.parts, statistics: reader.statistics, reassembly: stages.reassembler.statistics,
        tls: stages.decoder.statistics),
      sink: stages.decoder.sink.sink.sink, damages: reader.damages, remaining: reader.remaining)
  }

  /// The stages behind the capture.
  private struct Stages<Sink: LegSink>: SegmentSink {
    let source: String
    var reassembler = Reassembler()
    var decoder: TLSDecoder<HTTP2Decoder<WebSocketDecoder<Sink>>>

    let onInterfaceNames: ([UInt32: String]) -> Void

    init(
      source: String, decoder: TLSDecoder<HTTP2Decoder<WebSocketDecoder<Sink>>>,
      onInterfaceNames: @escaping ([UInt32: String]) -> Void
    ) {
      self.source = source
      self.decoder = decoder
      self.onInterfaceNames = onInterfaceNames
    }

    mutating func receive(interfaceNames: [UInt32: String]) { onInterfaceNames(interfaceNames) }

    mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
      reassembler.receive(segment, in: frame, into: &decoder)
    }

    mutating func receive(secrets: [UInt8]) {
      guard let bad = decoder.addSecrets(secrets) else { return }
      Output.complain(
        "\(source): \(bad.count) lines of its decryption secrets are none of a key log, the first is line"
          + " \(bad.firstLine); what is left of them is used")
    }
  }

  private static func complain(of brokenSecrets: UInt64, in source: String) {
    guard brokenSecrets > 0 else { return }
    Output.complain(
      "\(source): \(brokenSecrets) Decryption Secrets Blocks are broken, and were passed over;"
        + " inject the key log again, or give it with --keylog")
  }
}
