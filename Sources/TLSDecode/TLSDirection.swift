import Capture
import Streams

/// One direction of a TLS connection: its records, their keys, and where their content lies on the stream that
/// TLS carries.
struct TLSDirection {
  let side: Side
  private(set) var reader: RecordReader
  private var finder: RecordFinder?
  var handshake = HandshakeReader()
  /// The keys, in the order of their use; empty while there are none.
  var epochs: [TLSEpoch] = []
  private var epoch = 0
  /// TLS 1.2: behind ChangeCipherSpec all records are protected.
  var hasChangedCipher = false
  private(set) var hasOpened = false
  private(set) var failures = 0
  /// Bytes of content so far: where the next one lies on the carried stream.
  private(set) var position: UInt64
  private var positions = CarriedPositions()
  /// How far the carrier was acknowledged, and since when.
  private(set) var acknowledged: (upTo: UInt64, packet: PacketReference)?
  private var lastContent: (carrier: Range<UInt64>, carried: Range<UInt64>)?
  /// Bytes that finding lost records again may still try to open.
  private var trialBudget = 16 << 20
  /// What a trial costs however short the record is, in bytes that cost as much.
  private static let trialCost = 1024

  /// - Parameter offset: where the first record begins; what came before it was in the clear.
  init(_ side: Side, at offset: UInt64) {
    self.side = side
    reader = RecordReader(at: offset)
    position = offset
    positions.add(carrierEnd: offset, end: offset)
  }

  /// Whether records are opened with the keys for application data.
  var hasReachedApplication: Bool { hasOpened && epochs[epoch].kind == .application }
  /// Whether the last record that opened was one of TLS 1.3's handshake.
  var isInHandshake: Bool { hasOpened && epochs[epoch].kind == .handshake }
  var isLost: Bool { finder != nil }
  /// Whether the stream that is carried has been told of what was lost at its end.
  var hasToldLoss = false

  // MARK: Records

  /// The next record of the bytes from `index` on.
  ///
  /// - Returns: `nil` once all bytes are used, or if no record begins there: then the direction is lost.
  mutating func next(
    _ bytes: Span<UInt8>, from index: inout Int, _ packet: PacketReference, keepsBody: Bool
  ) -> TLSRecord? {
    switch reader.next(bytes, from: &index, packet, keepsBody: keepsBody) {
    case .record(let record): return record
    case nil: return nil
    case .failed:
      lose(from: reader.recordStart)
      return nil
    }
  }

  /// Passes over bytes that are missing.
  ///
  /// - Returns: the record that ends with them.
  mutating func skip(_ count: UInt64, _ packet: PacketReference) -> TLSRecord? {
    guard finder == nil else { return nil }
    switch reader.skip(count, packet) {
    case .inside: return nil
    case .record(let record): return record
    case .lost:
      lose(from: reader.recordStart)
      return nil
    }
  }

  mutating func lose(from offset: UInt64) {
    finder = RecordFinder(lostFrom: offset)
    handshake.lose()
  }

  // MARK: Opening

  enum Opened {
    case content(RecordProtection.Content, TLSEpoch.Kind)
    case failed
  }

  /// Opens a protected record, under the present keys or the ones that follow.
  mutating func open(_ record: TLSRecord) -> Opened {
    guard let body = record.body else {
      if epochs.indices.contains(epoch) { epochs[epoch].protection.skip() }
      return .failed
    }
    for index in epochs.indices.dropFirst(epoch) {
      if let content = epochs[index].protection.open(record.header, body) {
        epoch = index
        hasOpened = true
        return .content(content, epochs[index].kind)
      }
    }
    failures += 1
    return .failed
  }

  /// The records stay closed.
  mutating func forgetKeys() {
    epochs = []
    epoch = 0
    hasOpened = false
  }

  mutating func updateKeys() {
    if epochs.indices.contains(epoch) { epochs[epoch].protection.update() }
  }

  // MARK: Finding lost records again

  struct Recovered {
    var record: TLSRecord
    /// What it held, if there are keys.
    var content: RecordProtection.Content?
    /// Missing on the carried stream before the record.
    var missing: UInt64
    /// What follows it.
    var rest: [UInt8]
  }

  /// Looks for a record behind lost ones: with keys one that opens, and its number tells how many are missing
  /// and so how many bytes of content; without keys one that ends where another begins, or where the segment ends.
  mutating func recover(
    _ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference, overhead: Int?
  ) -> Recovered? {
    // What nobody may look for any longer stays lost.
    guard var search = finder, epochs.isEmpty || trialBudget > 0 else { return nil }
    let lostFrom = search.lostFrom
    var opened: (content: RecordProtection.Content, missing: UInt64)?
    let found = search.find(bytes, at: offset, packet, keepsBody: !epochs.isEmpty) { record, following in
      guard !epochs.isEmpty, let overhead else { return following != .other }
      trialBudget -= record.header.bodyLength
      guard trialBudget > 0 else { return false }
      opened = openLost(record, after: record.range.lowerBound - lostFrom, overhead)
      return opened != nil
    }
    guard let found else {
      finder = search
      return nil
    }
    finder = nil
    reader = RecordReader(at: found.record.range.upperBound)
    return Recovered(
      record: found.record, content: opened?.content, missing: opened?.missing ?? 0, rest: found.rest)
  }

  /// - Parameter lost: bytes of the carrier that the missing records had.
  private mutating func openLost(
    _ record: TLSRecord, after lost: UInt64, _ overhead: Int
  ) -> (RecordProtection.Content, UInt64)? {
    guard let body = record.body else { return nil }
    let perRecord = UInt64(TLSRecordHeader.byteCount + overhead)
    let most = lost / perRecord
    var missing = lost / UInt64(TLSRecordHeader.byteCount + TLSRecordHeader.maxBodyLength)
    while missing <= most, trialBudget >= body.count + Self.trialCost {
      for index in epochs.indices.dropFirst(epoch) {
        trialBudget -= body.count + Self.trialCost
        guard let content = epochs[index].protection.open(record.header, body, skipped: missing) else {
          continue
        }
        epoch = index
        hasOpened = true
        return (content, lost - missing * perRecord)
      }
      missing += 1
    }
    return nil
  }

  // MARK: The carried stream

  /// Where the next `count` bytes of content lie; they are complete with the carrier's `range`.
  mutating func place(_ count: UInt64, completeWith range: Range<UInt64>) -> UInt64 {
    let start = position
    position += count
    positions.add(carrierEnd: range.upperBound, end: position)
    lastContent = (range, start..<position)
    return start
  }

  /// TCP acknowledges a FIN as one byte, and so does the carried stream.
  mutating func noteFIN(at offset: UInt64) {
    positions.add(carrierEnd: offset + 1, end: position + 1)
  }

  mutating func noteAcknowledgment(upTo offset: UInt64, _ packet: PacketReference) {
    if offset > acknowledged?.upTo ?? 0 { acknowledged = (offset, packet) }
  }

  /// How far the carried stream is newly known to be acknowledged.
  mutating func takeAcknowledgment() -> (upTo: UInt64, packet: PacketReference)? {
    guard let acknowledged else { return nil }
    var end: UInt64?
    positions.acknowledge(upTo: acknowledged.upTo) { end = $1 }
    return end.map { ($0, acknowledged.packet) }
  }

  /// The part of the carried stream that a part of the carrier belongs to, as far as it is still known.
  func carried(_ range: Range<UInt64>) -> Range<UInt64> {
    guard let lastContent, lastContent.carrier.overlaps(range) else { return position..<position }
    return lastContent.carried
  }
}
