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
  ///   - onInterfaceNames: gets the names of the capture's interfaces as they become known, each once.
  ///   - onMalformedSecrets: gets the lines of each key log inside the capture that are none of a key log.
  ///   - onProgress: told now and then, with the number of WebSocket legs so far.
  /// - Throws: if the capture cannot be opened, or no packet is of a link type that can be read. Damage further on is noted
  ///   in the summary.
  package static func read<Sink: LegSink>(
    _ source: CaptureSource, keyLog: KeyLog = KeyLog(), options: FrameOptions = FrameOptions(),
    into sink: Sink,
    onInterfaceNames: @escaping ([UInt32: String]) -> Void = { _ in },
    onMalformedSecrets: @escaping (KeyLog.Malformed) -> Void = { _ in },
    onProgress: @escaping (CaptureProgress, _ legs: Int) -> Void = { _, _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    var reader = try CaptureReader(source)
    var stages = ReassemblyStage(
      limits: source.decoding.limits,
      into: DecodingStage(
        keyLog: keyLog, options: options, into: sink, onInterfaceNames: onInterfaceNames,
        onMalformedSecrets: onMalformedSecrets, onProgress: onProgress))
    reader.read(into: &stages)
    stages.finish()
    let decoder = stages.next.decoder
    return try Reading(reader, stages.reassembler.statistics, decoder.statistics, decoder.sink.sink.sink.sink)
  }

  /// Does the same on two threads: one reads the packets and puts the streams together, the other decodes what they carry.
  /// What is told is told on the other.
  package static func readOnTwoThreads<Sink: LegSink & Sendable>(
    _ source: CaptureSource, keyLog: KeyLog = KeyLog(), options: FrameOptions = FrameOptions(),
    into sink: Sink,
    onInterfaceNames: @escaping @Sendable ([UInt32: String]) -> Void = { _ in },
    onMalformedSecrets: @escaping @Sendable (KeyLog.Malformed) -> Void = { _ in },
    onProgress: @escaping @Sendable (CaptureProgress, _ legs: Int) -> Void = { _, _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    let streams = StreamHandOver(
      DecodingStage(
        keyLog: keyLog, options: options, into: sink, onInterfaceNames: onInterfaceNames,
        onMalformedSecrets: onMalformedSecrets, onProgress: onProgress))
    var source = source
    source.beforeWaiting = { [worker = streams.worker, before = source.beforeWaiting] in
      worker.ask { _ in }
      before()
    }
    var reader = try CaptureReader(source)
    var reassembly = ReassemblyStage(limits: source.decoding.limits, into: streams)
    reader.read(into: &reassembly)
    reassembly.finish()
    let (tls, end) = reassembly.next.finish { stage in
      (stage.decoder.statistics, stage.decoder.sink.sink.sink.sink)
    }
    return try Reading(reader, reassembly.reassembler.statistics, tls, end)
  }
}

extension Pipeline.Reading {
  init(
    _ reader: CaptureReader, _ reassembly: ReassemblyStatistics, _ tls: TLSStatistics, _ sink: Sink
  ) throws(CaptureError) {
    if reader.statistics.linkTypes.isEmpty, let damage = reader.damages.first { throw damage }
    summary = CaptureSummary(
      parts: reader.parts, statistics: reader.statistics, reassembly: reassembly, tls: tls)
    damages = reader.damages
    remaining = reader.remaining
    self.sink = sink
  }
}

extension Pipeline.Reading: Sendable where Sink: Sendable {}
