import Capture
import HTTP2Decode
import PROXYDecode
import Streams
import TLSDecode
import WSDecode

/// The stages between the streams and the legs. Generic over all of them, and not over the last one's sink: the type is looked
/// up once, and not with every packet.
struct DecodingStage<Decoder: PipelineDecoder>: StreamSink, CaptureSink {
  private(set) var decoder: Decoder
  private let onInterfaceNames: ([UInt32: String]) -> Void
  private let onPods: ([UInt32: PodName]) -> Void
  private let onMalformedSecrets: (KeyLog.Malformed) -> Void
  private let onProgress: (CaptureProgress, _ legs: Int) -> Void

  init<Sink: LegSink>(
    keyLog: KeyLog, options: FrameOptions = FrameOptions(), into sink: Sink,
    onInterfaceNames: @escaping ([UInt32: String]) -> Void,
    onPods: @escaping ([UInt32: PodName]) -> Void = { _ in },
    onMalformedSecrets: @escaping (KeyLog.Malformed) -> Void = { _ in },
    onProgress: @escaping (CaptureProgress, _ legs: Int) -> Void = { _, _ in }
  ) where Decoder == PROXYDecoder<TLSDecoder<HTTP2Decoder<WebSocketDecoder<Sink>>>> {
    decoder = PROXYDecoder(
      into: TLSDecoder(
        into: HTTP2Decoder(into: WebSocketDecoder(into: sink, options: options)), keyLog: keyLog))
    self.onInterfaceNames = onInterfaceNames
    self.onPods = onPods
    self.onMalformedSecrets = onMalformedSecrets
    self.onProgress = onProgress
  }

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) { decoder.receive(bytes, chunk) }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    decoder.receive(event, on: connection)
  }

  mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    decoder.acknowledge(side, upTo: upTo, packet, on: connection)
  }

  mutating func receive(_ notice: CaptureNotice) { decoder.receive(notice) }

  mutating func receive(secrets: [UInt8]) {
    if let bad = decoder.addSecrets(secrets) { onMalformedSecrets(bad) }
  }

  mutating func receive(interfaceNames: [UInt32: String]) { onInterfaceNames(interfaceNames) }
  mutating func receive(pods: [UInt32: PodName]) { onPods(pods) }
  mutating func receive(progress: CaptureProgress) { onProgress(progress, decoder.legCount) }
}

/// Knows how many WebSocket legs it has told.
protocol LegCounting { var legCount: Int { get } }

extension WebSocketDecoder: LegCounting {}
extension HTTP2Decoder: LegCounting where Sink: LegCounting {
  var legCount: Int { sink.legCount }
}
extension TLSDecoder: LegCounting where Sink: LegCounting {
  var legCount: Int { sink.legCount }
}
extension PROXYDecoder: LegCounting where Sink: LegCounting {
  var legCount: Int { sink.legCount }
}

/// Takes streams, and the secrets that open them.
protocol PipelineDecoder: StreamSink, LegCounting {
  var statistics: TLSStatistics { get }
  mutating func addSecrets(_ text: [UInt8]) -> KeyLog.Malformed?
}

extension TLSDecoder: PipelineDecoder where Sink: LegCounting {}
extension PROXYDecoder: PipelineDecoder where Sink: PipelineDecoder {
  var statistics: TLSStatistics { sink.statistics }
  mutating func addSecrets(_ text: [UInt8]) -> KeyLog.Malformed? { sink.addSecrets(text) }
}
