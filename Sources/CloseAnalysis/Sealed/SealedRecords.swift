import Capture
import Limits
import Streams

/// A TLS record that may hold application data, its content unknown.
package struct SealedRecord: Hashable, Sendable {
  /// Bytes of content of its direction up to its end; padding counts.
  package var contentEnd: UInt64
  /// Where it ends on TCP's stream.
  package var end: UInt64
  /// The first packet by which all up to its end had come.
  package var packet: PacketReference
  /// The first packet in which the receiver acknowledged all of it.
  package var acknowledged: PacketReference?
}

/// The records of one direction of a TLS connection that stays closed.
///
/// Only those are kept that may hold application data; in TLS 1.3 the record's type hides what it is.
package struct SealedRecords: Sendable {
  /// In the order in which they can be read, which is that of their packets.
  package private(set) var data: [SealedRecord] = []
  /// By which packet the last of them can be read, also if it is not kept.
  private(set) var last: PacketReference?
  /// Records of all types.
  package private(set) var count = 0
  /// Some are not kept, or their lengths are not known: what they hold together is not known.
  package private(set) var isIncomplete = false
  /// Some at the end are not kept.
  package private(set) var isCut = false
  /// Bytes of content of those at the beginning that were forgotten; `nil` if none were.
  private(set) var forgotten: UInt64?
  private var nextUnacknowledged = 0
  private static let maxKept = Limits.standard.maxSealedRecords

  mutating func add(_ record: TLSRecordDescription, end: UInt64, _ packet: PacketReference) {
    count += 1
    if record.contentLength == nil { isIncomplete = true }
    guard record.mayBeData else { return }
    // One that fills a hole brings those behind it.
    let packet = last.map { packet.precedes($0) ? $0 : packet } ?? packet
    last = packet
    guard !isCut, data.count < Self.maxKept else {
      isIncomplete = true
      isCut = true
      return
    }
    let start = data.last?.contentEnd ?? forgotten ?? 0
    data.append(
      SealedRecord(contentEnd: start &+ UInt64(record.contentLength ?? 0), end: end, packet: packet))
  }

  mutating func acknowledge(upTo offset: UInt64, _ packet: PacketReference) {
    while nextUnacknowledged < data.count, data[nextUnacknowledged].end <= offset {
      data[nextUnacknowledged].acknowledged = packet
      nextUnacknowledged += 1
    }
  }

  /// Forgets those that came before a moment, except for the last of them.
  mutating func forget(before time: Timestamp) {
    let old = data.indices.partitionPoint { data[$0].packet.time >= time } - 1
    guard old > 0 else { return }
    forgotten = data[old - 1].contentEnd
    data.removeFirst(old)
    nextUnacknowledged = max(0, nextUnacknowledged - old)
  }

  mutating func mapPackets(_ change: (PacketReference) -> PacketReference) {
    last = last.map(change)
    for index in data.indices {
      data[index].packet = change(data[index].packet)
      data[index].acknowledged = data[index].acknowledged.map(change)
    }
  }

  mutating func move(by count: UInt64) {
    for index in data.indices { data[index].end += count }
  }

  // MARK: Counting

  /// The first that came with a packet or after it; `data.count` if none did.
  func index(notBefore packet: PacketReference) -> Int {
    data.indices.partitionPoint { !data[$0].packet.precedes(packet) }
  }

  /// Bytes of content in front of a record.
  func contentStart(_ index: Int) -> UInt64 { index > 0 ? data[index - 1].contentEnd : forgotten ?? 0 }

  /// Bytes of content of one record.
  func contentLength(_ index: Int) -> UInt64 { data[index].contentEnd - contentStart(index) }

  /// Bytes of content of some records.
  func contentLength(_ range: Range<Int>) -> UInt64 {
    range.isEmpty ? 0 : data[range.upperBound - 1].contentEnd - contentStart(range.lowerBound)
  }

  /// The first whose content reaches so far.
  func index(reaching content: UInt64) -> Int {
    data.indices.partitionPoint { data[$0].contentEnd >= content }
  }
}
