import Capture
import HTTP2Decode
import Streams
import TCPReassembly
import TestSupport

/// One connection as the next stage sees it.
struct CarriedLog {
  var connection: Connection
  var bytes = Sides(client: [UInt8](), server: [UInt8]())
  /// Without the bytes.
  var events: [StreamEvent] = []

  struct Sides: Hashable {
    var client: [UInt8]
    var server: [UInt8]
  }
}

/// Records what comes out of a decoder, and checks that it keeps the rules of a stream.
struct CarriedRecorder: StreamSink {
  private(set) var logs: [CarriedLog] = []
  private(set) var violations: [String] = []
  private var open: [Int: (id: ConnectionID, index: Int)] = [:]
  private var next: [Int: [Side: UInt64]] = [:]
  private(set) var highestSlot = 0

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    guard let (id, index) = open[chunk.connection.slot], id == chunk.connection else {
      violations.append("bytes of no connection")
      return
    }
    advance(id, chunk.side, from: chunk.offset, to: chunk.offset + UInt64(bytes.count))
    for place in bytes.indices {
      if chunk.side == .client {
        logs[index].bytes.client.append(bytes[place])
      } else {
        logs[index].bytes.server.append(bytes[place])
      }
    }
  }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    if case .opened(let opened) = event {
      if open[connection.slot] != nil { violations.append("a slot in use is opened") }
      if logs.contains(where: { $0.connection.id == connection }) { violations.append("an ID used twice") }
      open[connection.slot] = (connection, logs.count)
      next[connection.slot] = [:]
      highestSlot = max(highestSlot, connection.slot)
      logs.append(CarriedLog(connection: opened))
    }
    guard let (id, index) = open[connection.slot], id == connection else {
      violations.append("an event of no connection: \(event)")
      return
    }
    logs[index].events.append(event)
    switch event {
    case .gap(let side, let range, _, _): advance(id, side, from: range.lowerBound, to: range.upperBound)
    case .acknowledged(let side, let upTo, _):
      if logs[index].connection.http2Stream != nil, upTo > (next[id.slot]?[side] ?? 0) + 1 {
        violations.append("acknowledged ahead of the bytes")
      }
    case .closed: open[connection.slot] = nil
    default: break
    }
  }

  private mutating func advance(_ id: ConnectionID, _ side: Side, from: UInt64, to: UInt64) {
    if from != next[id.slot]?[side] ?? 0 { violations.append("bytes at \(from) do not follow") }
    next[id.slot]?[side] = to
  }

  /// The streams of HTTP/2 connections.
  var carried: [CarriedLog] { logs.filter { $0.connection.http2Stream != nil } }
}

/// An end of one side of a stream.
struct End: Hashable {
  var side: Side
  var kind: EndKind
  var offset: UInt64
}

extension CarriedLog {
  var requests: [HTTPFields] {
    events.compactMap { if case .requested(let fields, _) = $0 { fields } else { nil } }
  }
  var statuses: [String] {
    events.compactMap { if case .responded(let fields, _) = $0 { fields.value(":status") } else { nil } }
  }
  var ends: [End] {
    events.compactMap {
      if case .ended(let side, let kind, let offset, _) = $0 {
        End(side: side, kind: kind, offset: offset)
      } else {
        nil
      }
    }
  }
  var gaps: [Range<UInt64>] {
    events.compactMap { if case .gap(_, let range, _, _) = $0 { range } else { nil } }
  }
  var gapCauses: [GapCause] {
    events.compactMap { if case .gap(_, _, let cause, _) = $0 { cause } else { nil } }
  }
  /// Whether each window that was told of was open.
  func windows(_ side: Side) -> [Bool] {
    events.compactMap { if case .window(side, let isOpen, _) = $0 { isOpen } else { nil } }
  }
  func acknowledged(_ side: Side) -> [UInt64] {
    events.compactMap { if case .acknowledged(side, let upTo, _) = $0 { upTo } else { nil } }
  }
  var closed: CloseReason? { if case .closed(let reason) = events.last { reason } else { nil } }
}

extension [TestPacket] {
  /// Through reassembly and the decoder.
  var carried: CarriedRecorder {
    var decoder = HTTP2Decoder(into: CarriedRecorder())
    var reassembler = Reassembler()
    for packet in self { reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder) }
    reassembler.finish(into: &decoder)
    return decoder.sink
  }
}
