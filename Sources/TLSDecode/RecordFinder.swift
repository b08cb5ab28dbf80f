import Capture
import Streams

/// Finds the next record behind missing bytes, which may have held headers.
struct RecordFinder {
  /// Where the first record begins of which it is not known where it ends.
  let lostFrom: UInt64
  private var buffer: [UInt8] = []
  /// Where the buffer's first byte lies.
  private var base: UInt64
  /// The places before were tried.
  private var tried = 0

  init(lostFrom: UInt64) {
    self.lostFrom = lostFrom
    base = lostFrom
  }

  struct Found {
    var record: TLSRecord
    /// What follows it.
    var rest: [UInt8]
  }

  /// - Parameters:
  ///   - bytes: of one segment; they lie at `offset`.
  ///   - keepsBody: whether the record's body is wanted.
  ///   - accept: whether a record that looks like one is one; gets its body, which costs a copy.
  mutating func find(
    _ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference, keepsBody: Bool,
    _ accept: (TLSRecord, Following) -> Bool
  ) -> Found? {
    if offset != base + UInt64(buffer.count) {
      // More is missing before these bytes.
      buffer = []
      base = offset
      tried = 0
    }
    buffer.append(bytes, 0..<bytes.count)
    defer { forgetTried() }
    while let header = candidate() {
      let end = tried + TLSRecordHeader.byteCount + header.bodyLength
      guard end <= buffer.count else { return nil }
      let start = base + UInt64(tried)
      let body = keepsBody ? Array(buffer[tried + TLSRecordHeader.byteCount..<end]) : nil
      let record = TLSRecord(header: header, body: body, range: start..<base + UInt64(end), packet: packet)
      let following: Following =
        end == buffer.count
        ? .end : Self.isProtected(TLSRecordHeader(buffer.span, at: end)) ? .record : .other
      if accept(record, following) { return Found(record: record, rest: Array(buffer[end...])) }
      tried += 1
    }
    return nil
  }

  /// What stands behind a candidate.
  enum Following { case end, record, other }

  /// Moves on to the next place that looks like the header of a protected record.
  private mutating func candidate() -> TLSRecordHeader? {
    while tried + TLSRecordHeader.byteCount <= buffer.count {
      if buffer[tried + 1] == 3, let header = TLSRecordHeader(buffer.span, at: tried),
        Self.isProtected(header)
      {
        return header
      }
      tried += 1
    }
    return nil
  }

  private static func isProtected(_ header: TLSRecordHeader?) -> Bool {
    guard let header else { return false }
    return header.version == 0x0303 && header.type != .changeCipherSpec
  }

  private mutating func forgetTried() {
    buffer.removeFirst(tried)
    base += UInt64(tried)
    tried = 0
  }
}
