import Capture
import HTTP2Decode
import Limits
import TCPReassembly
import TLSDecode
import WSDecode

/// The stages behind the capture.
struct Stages<Sink: LegSink>: SegmentSink {
  var reassembler: Reassembler
  var decoder: TLSDecoder<HTTP2Decoder<WebSocketDecoder<Sink>>>
  private let onInterfaceNames: ([UInt32: String]) -> Void
  private let onPods: ([UInt32: PodName]) -> Void
  private let onMalformedSecrets: (KeyLog.Malformed) -> Void

  init(
    limits: Limits, keyLog: KeyLog, options: FrameOptions = FrameOptions(), into sink: Sink,
    onInterfaceNames: @escaping ([UInt32: String]) -> Void,
    onPods: @escaping ([UInt32: PodName]) -> Void = { _ in },
    onMalformedSecrets: @escaping (KeyLog.Malformed) -> Void = { _ in }
  ) {
    reassembler = Reassembler(limits: limits)
    decoder = TLSDecoder(
      into: HTTP2Decoder(into: WebSocketDecoder(into: sink, options: options)), keyLog: keyLog)
    self.onInterfaceNames = onInterfaceNames
    self.onPods = onPods
    self.onMalformedSecrets = onMalformedSecrets
  }

  var sink: Sink { decoder.sink.sink.sink }

  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
    reassembler.receive(segment, in: frame, into: &decoder)
  }

  mutating func receive(secrets: [UInt8]) {
    if let bad = decoder.addSecrets(secrets) { onMalformedSecrets(bad) }
  }

  mutating func receive(interfaceNames: [UInt32: String]) { onInterfaceNames(interfaceNames) }

  mutating func receive(pods: [UInt32: PodName]) { onPods(pods) }

  mutating func receive(_ notice: CaptureNotice) { reassembler.receive(notice, into: &decoder) }
}
