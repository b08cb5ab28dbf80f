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
    var stages = Stages(
      limits: source.decoding.limits, keyLog: keyLog, options: options, into: sink,
      onInterfaceNames: onInterfaceNames, onMalformedSecrets: onMalformedSecrets, onProgress: onProgress)
    reader.read(into: &stages)
    return Reading(reader, stages.finish(), stages.decoder.sink.sink.sink)
  }

  /// Does the same on two threads: one reads and decodes the packets, the other does all that is behind that. What is
  /// told is told on the other.
  package static func readOnTwoThreads<Sink: LegSink & Sendable>(
    _ source: CaptureSource, keyLog: KeyLog = KeyLog(), options: FrameOptions = FrameOptions(),
    into sink: Sink,
    onInterfaceNames: @escaping @Sendable ([UInt32: String]) -> Void = { _ in },
    onMalformedSecrets: @escaping @Sendable (KeyLog.Malformed) -> Void = { _ in },
    onProgress: @escaping @Sendable (CaptureProgress, _ legs: Int) -> Void = { _, _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    var segments = SegmentHandOver(
      Stages(
        limits: source.decoding.limits, keyLog: keyLog, options: options, into: sink,
        onInterfaceNames: onInterfaceNames, onMalformedSecrets: onMalformedSecrets, onProgress: onProgress))
    var source = source
    source.beforeWaiting = { [segments, before = source.beforeWaiting] in
      segments.flush()
      before()
    }
    var reader = try CaptureReader(source)
    reader.read(into: &segments)
    let (statistics, end) = segments.finish { stages in (stages.finish(), stages.decoder.sink.sink.sink) }
    return Reading(reader, statistics, end)
  }
}

/// What the stages behind the capture counted.
struct StageStatistics: Sendable {
  var reassembly: ReassemblyStatistics
  var tls: TLSStatistics
}

extension Pipeline.Reading {
  init(_ reader: CaptureReader, _ statistics: StageStatistics, _ sink: Sink) {
    summary = CaptureSummary(
      parts: reader.parts, statistics: reader.statistics, reassembly: statistics.reassembly,
      tls: statistics.tls)
    damages = reader.damages
    remaining = reader.remaining
    self.sink = sink
  }
}

extension Pipeline.Reading: Sendable where Sink: Sendable {}
