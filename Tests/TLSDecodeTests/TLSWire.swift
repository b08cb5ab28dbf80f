import Capture
import Streams
import TestSupport

@testable import TLSDecode

/// Hands streams to a decoder as reassembly does, and keeps what comes out.
struct TLSWire {
  var decoder: TLSDecoder<StreamRecorder>
  private(set) var offsets: [Side: UInt64] = [.client: 0, .server: 0]
  private var number: UInt64 = 0
  private let id = ConnectionID(slot: 0, serial: 1)

  init(_ keyLog: KeyLog = KeyLog(), sawStart: Bool = true) {
    decoder = TLSDecoder(into: StreamRecorder(), keyLog: keyLog)
    let end = Endpoint(address: IPAddress(v4: 1), port: 1)
    decoder.receive(
      .opened(
        Connection(
          id: id, client: end, server: end, sawStart: sawStart, openedAt: packet, interface: nil)),
      on: id)
  }

  private var packet: PacketReference {
    PacketReference(number: number, time: Timestamp(nanoseconds: Int64(number)))
  }

  var recorder: StreamRecorder { decoder.sink }
  var statistics: TLSStatistics { decoder.statistics }

  func text(_ side: Side) -> String { String(decoding: recorder.bytes[side] ?? [], as: UTF8.self) }

  var description: TLSDescription? {
    recorder.events.reversed().lazy.compactMap { if case .secured(let tls) = $0 { tls } else { nil } }.first
  }

  mutating func send(_ side: Side, _ bytes: [UInt8], cutInto size: Int = .max) {
    var start = 0
    while start < bytes.count {
      let end = start + min(size, bytes.count - start)
      number += 1
      let chunk = StreamChunk(connection: id, side: side, offset: offsets[side] ?? 0, packet: packet)
      let piece = Array(bytes[start..<end])
      decoder.receive(piece.span, chunk)
      offsets[side]? += UInt64(end - start)
      start = end
    }
  }

  mutating func send(_ records: some Sequence<TLSScript.Record>, cutInto size: Int = .max) {
    for record in records { send(record.side, record.bytes, cutInto: size) }
  }

  /// Bytes that the capture lacks.
  mutating func lose(_ side: Side, _ count: Int) {
    number += 1
    let start = offsets[side] ?? 0
    offsets[side]? += UInt64(count)
    tell(.gap(side, start..<start + UInt64(count), .notCaptured, packet))
  }

  mutating func acknowledge(_ side: Side, upTo offset: UInt64) {
    number += 1
    tell(.acknowledged(side, upTo: offset, packet))
  }

  mutating func end(_ side: Side, _ kind: EndKind = .fin) {
    number += 1
    tell(.ended(side, kind, at: offsets[side] ?? 0, packet))
  }

  mutating func close() { tell(.closed(.ended)) }

  private mutating func tell(_ event: StreamEvent) { decoder.receive(event, on: id) }

  // MARK: What came out

  func gaps(_ side: Side) -> [Range<UInt64>] {
    recorder.events.compactMap { if case .gap(side, let range, _, _) = $0 { range } else { nil } }
  }

  func acknowledged(_ side: Side) -> [UInt64] {
    recorder.events.compactMap { if case .acknowledged(side, let upTo, _) = $0 { upTo } else { nil } }
  }

  func ends(_ side: Side) -> [UInt64] {
    recorder.events.compactMap { if case .ended(side, _, let offset, _) = $0 { offset } else { nil } }
  }

  func closedRecords(_ side: Side) -> [Int?] {
    recorder.events.compactMap {
      if case .record(side, let record, _, _) = $0 { record.contentLength } else { nil }
    }
  }

  func alerts(_ side: Side) -> [UInt8?] {
    recorder.events.compactMap { if case .alert(side, let alert, _) = $0 { alert.description } else { nil } }
  }
}
