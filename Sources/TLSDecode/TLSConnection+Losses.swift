import Capture
import Streams

/// Bytes that are missing, and records found again behind them.
extension TLSConnection {
  private static let maxRecoveries = 16

  /// Passes over bytes that are missing.
  mutating func skip(
    _ side: Side, _ range: Range<UInt64>, _ cause: GapCause, _ packet: PacketReference,
    _ sink: inout some StreamSink
  ) {
    lastLoss = packet
    let mayBeContent = self[side].hasReachedApplication
    let record = self[side].skip(range.upperBound - range.lowerBound, packet)
    switch phase {
    case .hello: close(.noHandshake, &sink)
    case .closed:
      if let record { take(record, side, &sink) }
    case .opening:
      if !hasReachedApplication { keepUnopened(record, .gap(side, range, cause, packet), side, &sink) }
      guard let record, phase == .opening else { return }
      _ = self[side].open(record)
      if mayBeContent { tellGap(side, contentLength(record), cause, record, &sink) }
      return
    }
    sink.receive(.gap(side, range, cause, packet), on: id)
  }

  /// Looks for the next record in bytes of a direction that has lost its records.
  mutating func recover(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ sink: inout some StreamSink
  ) {
    guard
      let found = self[chunk.side].recover(bytes, at: chunk.offset, chunk.packet, overhead: overhead)
    else { return }
    if phase == .opening, let content = found.content {
      if found.missing > 0 { tellGap(chunk.side, found.missing, .notCaptured, found.record, &sink) }
      take(content, .application, found.record, chunk.side, &sink)
    } else if phase == .closed {
      take(found.record, chunk.side, &sink)
    }
    guard !found.rest.isEmpty else { return }
    recoveries += 1
    guard recoveries < Self.maxRecoveries else {
      return self[chunk.side].lose(from: found.record.range.upperBound)
    }
    var rest = chunk
    rest.offset = found.record.range.upperBound
    take(found.rest.span, rest, &sink)
  }

  /// Bytes that the cipher suite adds to a record's content.
  var overhead: Int? { description.cipherSuite.flatMap { CipherSuite(rawValue: $0).overhead } }

  func contentLength(_ record: TLSRecord) -> UInt64 {
    UInt64(max(0, record.header.bodyLength - (overhead ?? 0)))
  }

  /// Content that is missing, up to the record's end or in front of it.
  mutating func tellGap(
    _ side: Side, _ count: UInt64, _ cause: GapCause, _ record: TLSRecord, _ sink: inout some StreamSink
  ) {
    guard count > 0 else { return }
    let start = self[side].place(count, completeWith: record.range)
    sink.receive(.gap(side, start..<start + count, cause, record.packet), on: id)
    tellAcknowledgment(side, &sink)
  }
}
