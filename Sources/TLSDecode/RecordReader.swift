import Capture
import Streams

/// Cuts one direction's bytes into TLS records (RFC 8446 §5.1).
///
///     header ──(5 bytes)──▶ body ──(all of it)──▶ header
///       └────(no header, or bytes of one missing)────▶ nothing more: `RecordFinder` goes on
struct RecordReader {
  private var partialHeader: [UInt8] = []
  private var header: TLSRecordHeader?
  private var body: [UInt8] = []
  private var isDamaged = false
  /// Bytes of the body that are still to come.
  private var left = 0
  private var start: UInt64 = 0
  /// Where the next byte lies.
  private(set) var offset: UInt64

  init(at offset: UInt64) { self.offset = offset }

  /// Whether a record begins at `offset`.
  var isBetweenRecords: Bool { header == nil && partialHeader.isEmpty }

  /// Where the record begins that is being read, or would begin.
  var recordStart: UInt64 { isBetweenRecords ? offset : start }

  enum Step {
    case record(TLSRecord)
    /// No record begins there.
    case failed
  }

  /// - Parameters:
  ///   - index: where to go on in the bytes; moved behind what was used.
  ///   - keepsBody: whether the bodies are wanted.
  /// - Returns: the next record that is complete; `nil` once all bytes are used.
  mutating func next(
    _ bytes: Span<UInt8>, from index: inout Int, _ packet: PacketReference, keepsBody: Bool
  ) -> Step? {
    while index < bytes.count {
      if header == nil, !readHeader(bytes, from: &index) { return nil }
      guard let header else { return .failed }
      let count = min(left, bytes.count - index)
      if keepsBody, !isDamaged { body.append(bytes, index..<index + count) }
      index += count
      advance(count)
      if left == 0 { return .record(end(header, packet, hasBody: keepsBody)) }
    }
    return nil
  }

  /// What passing over missing bytes leads to.
  enum Skip {
    case inside
    case record(TLSRecord)
    /// The boundaries are lost.
    case lost
  }

  mutating func skip(_ count: UInt64, _ packet: PacketReference) -> Skip {
    guard let header, count <= UInt64(left) else { return .lost }
    isDamaged = true
    body = []
    advance(Int(count))
    return left == 0 ? .record(end(header, packet, hasBody: false)) : .inside
  }

  /// - Returns: whether the header is complete, or cannot be one.
  private mutating func readHeader(_ bytes: Span<UInt8>, from index: inout Int) -> Bool {
    if partialHeader.isEmpty { start = offset }
    while partialHeader.count < TLSRecordHeader.byteCount {
      guard index < bytes.count else { return false }
      partialHeader.append(bytes[index])
      index += 1
      offset += 1
    }
    header = TLSRecordHeader(partialHeader.span, at: 0)
    left = header?.bodyLength ?? 0
    partialHeader.removeAll(keepingCapacity: true)
    return true
  }

  private mutating func advance(_ count: Int) {
    offset += UInt64(count)
    left -= count
  }

  private mutating func end(
    _ header: TLSRecordHeader, _ packet: PacketReference, hasBody: Bool
  ) -> TLSRecord {
    defer {
      self.header = nil
      body = []
      isDamaged = false
    }
    return TLSRecord(
      header: header, body: hasBody && !isDamaged ? body : nil, range: start..<offset, packet: packet)
  }
}
