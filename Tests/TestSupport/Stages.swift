import Capture
import CloseAnalysis
import HTTP2Decode
import Limits
import PROXYDecode
import Streams
import TCPReassembly
import TLSDecode
import WSDecode

/// Records what a stage puts out.
package struct StreamRecorder: StreamSink {
  /// The delivered bytes of each side, without what is missing.
  package private(set) var bytes: [Side: [UInt8]] = [.client: [], .server: []]
  package private(set) var chunks: [StreamChunk] = []
  package private(set) var events: [StreamEvent] = []

  package init() {}

  package mutating func receive(_ span: Span<UInt8>, _ chunk: StreamChunk) {
    for index in span.indices { bytes[chunk.side, default: []].append(span[index]) }
    chunks.append(chunk)
  }

  package mutating func receive(_ event: StreamEvent, on connection: ConnectionID) { events.append(event) }
}

package struct LegRecorder: LegSink {
  package private(set) var events: [LegEvent] = []
  package init() {}
  package mutating func receive(_ event: LegEvent, on leg: LegID) { events.append(event) }

  package var frames: [Frame] {
    events.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
  }
  /// Those of the frames; `nil` where none is told.
  package var payloads: [[UInt8]?] {
    let frames = events.indices.filter { if case .frame = events[$0] { true } else { false } }
    return frames.map { index in
      if index > 0, case .payload(_, let bytes) = events[index - 1] { bytes } else { nil }
    }
  }
  package var closes: [CloseBody] {
    events.compactMap { if case .close(_, let body) = $0 { body } else { nil } }
  }
}

/// Runs packets through the stages.
package enum Stages {
  package static func streams(
    of packets: [TestPacket], options: Limits = Limits()
  ) -> StreamRecorder {
    var recorder = StreamRecorder()
    reassemble(packets, options: options, into: &recorder)
    return recorder
  }

  package static func legEvents(
    of packets: [TestPacket], options: FrameOptions = FrameOptions()
  ) -> LegRecorder {
    var decoder = WebSocketDecoder(into: LegRecorder(), options: options)
    reassemble(packets, into: &decoder)
    return decoder.sink
  }

  /// All the way, as the command goes it.
  package static func legs(
    of packets: [TestPacket], capture: Int = 0, keyLog: KeyLog = KeyLog(),
    options: Limits = Limits()
  ) -> [Leg] {
    var decoder = PROXYDecoder(
      into: TLSDecoder(
        into: HTTP2Decoder(into: WebSocketDecoder(into: LegCollector(capture: capture))), keyLog: keyLog))
    reassemble(packets, options: options, into: &decoder)
    return decoder.sink.sink.sink.sink.legs
  }

  package static func sessions(
    of packets: [TestPacket], keyLog: KeyLog = KeyLog(), options: Limits = Limits()
  ) -> [Session] {
    let capture = CaptureSummary("test.pcap")
    return Analysis(captures: [capture], legs: legs(of: packets, keyLog: keyLog, options: options)).sessions
  }

  /// The sessions that several captures show together, each with its own packets.
  package static func sessions(ofCaptures captures: [[TestPacket]]) -> [Session] {
    analysis(ofCaptures: captures).sessions
  }

  package static func analysis(ofCaptures captures: [[TestPacket]]) -> Analysis {
    var legs: [Leg] = []
    for (index, packets) in captures.enumerated() {
      let own = packets.map { packet in
        var packet = packet
        packet.segment.packet.capture = Int32(index)
        return packet
      }
      legs += self.legs(of: own, capture: index)
    }
    let summaries = captures.indices.map {
      CaptureSummary("\($0).pcap")
    }
    return Analysis(captures: summaries, legs: legs)
  }

  package static func reassemble(
    _ packets: [TestPacket], options: Limits = Limits(),
    into sink: inout some StreamSink
  ) {
    var reassembler = Reassembler(limits: options)
    for packet in packets { reassembler.receive(packet.segment, in: packet.payload.span, into: &sink) }
    reassembler.finish(into: &sink)
  }
}
