import Capture
import CloseAnalysis
import HTTP2Decode
import Limits
import Streams
import TCPReassembly
import TLSDecode
import WSDecode

/// Joins the stages: packets → segments → streams → legs.
package enum Pipeline {
  /// One capture, read.
  package struct Reading<Sink: LegSink> {
    package var summary: CaptureSummary
    package var sink: Sink
    /// Where its files are damaged.
    package var damages: [CaptureError]
    /// Files that turned out to be no parts of it.
    package var remaining: [String]
  }

  /// Reads one capture to its end into a sink of legs.
  ///
  /// - Parameters:
  ///   - onInterfaceNames: gets the names of the capture's interfaces as they become known.
  ///   - onMalformedSecrets: gets the lines of each key log inside the capture that are none of a key log.
  ///   - onProgress: told now and then, with the number of WebSocket legs so far.
  /// - Throws: if the capture cannot be opened. Damage further on is noted in the summary.
  package static func read<Sink: LegSink>(
    _ source: CaptureSource, keyLog: KeyLog = KeyLog(), options: FrameOptions = FrameOptions(),
    into sink: Sink,
    onInterfaceNames: @escaping ([UInt32: String]) -> Void = { _ in },
    onMalformedSecrets: @escaping (KeyLog.Malformed) -> Void = { _ in },
    onProgress: @escaping (CaptureProgress, _ legs: Int) -> Void = { _, _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    var reader = try CaptureReader(source)
    let decoder = TLSDecoder(
      into: HTTP2Decoder(into: WebSocketDecoder(into: sink, options: options)), keyLog: keyLog)
    var stages = Stages(
      limits: source.decoding.limits, decoder: decoder, onInterfaceNames: onInterfaceNames,
      onMalformedSecrets: onMalformedSecrets, onProgress: onProgress)
    reader.read(into: &stages)
    stages.reassembler.finish(into: &stages.decoder)
    return Reading(
      summary: CaptureSummary(
        parts: reader.parts, statistics: reader.statistics, reassembly: stages.reassembler.statistics,
        tls: stages.decoder.statistics),
      sink: stages.decoder.sink.sink.sink, damages: reader.damages, remaining: reader.remaining)
  }

  /// The stages behind the capture. Generic over all of them, and not over the last one's sink: the type is looked up once,
  /// and not with every packet.
  private struct Stages<Decoder: PipelineDecoder>: SegmentSink {
    var reassembler: Reassembler
    var decoder: Decoder
    let onInterfaceNames: ([UInt32: String]) -> Void
    let onMalformedSecrets: (KeyLog.Malformed) -> Void
    let onProgress: (CaptureProgress, Int) -> Void

    init(
      limits: Limits, decoder: Decoder,
      onInterfaceNames: @escaping ([UInt32: String]) -> Void,
      onMalformedSecrets: @escaping (KeyLog.Malformed) -> Void,
      onProgress: @escaping (CaptureProgress, Int) -> Void
    ) {
      reassembler = Reassembler(limits: limits)
      self.decoder = decoder
      self.onInterfaceNames = onInterfaceNames
      self.onMalformedSecrets = onMalformedSecrets
      self.onProgress = onProgress
    }

    mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
      reassembler.receive(segment, in: frame, into: &decoder)
    }

    mutating func receive(secrets: [UInt8]) {
      if let bad = decoder.addSecrets(secrets) { onMalformedSecrets(bad) }
    }

    mutating func receive(interfaceNames: [UInt32: String]) { onInterfaceNames(interfaceNames) }

    mutating func receive(progress: CaptureProgress) { onProgress(progress, decoder.legCount) }
  }
}

extension Pipeline.Reading: Sendable where Sink: Sendable {}

/// Knows how many WebSocket legs it has told.
private protocol LegCounting { var legCount: Int { get } }

extension WebSocketDecoder: LegCounting {}
extension HTTP2Decoder: LegCounting where Sink: LegCounting {
  var legCount: Int { sink.legCount }
}

/// Takes streams, and the secrets that open them.
private protocol PipelineDecoder: StreamSink, LegCounting {
  mutating func addSecrets(_ text: [UInt8]) -> KeyLog.Malformed?
}

extension TLSDecoder: LegCounting where Sink: LegCounting {
  var legCount: Int { sink.legCount }
}
extension TLSDecoder: PipelineDecoder where Sink: LegCounting {}
