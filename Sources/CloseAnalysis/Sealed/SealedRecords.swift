import Limits
import Capture
import Streams

/// A TLS record whose content is unknown.
package struct SealedRecord: Hashable, Sendable {
  /// Bytes of content, if the cipher suite tells; padding counts.
  package var contentLength: Int?
  /// Whether it may hold application data: in TLS 1.3 the record's type hides what it is.
  package var mayBeData: Bool
  /// Where it ends on TCP's stream.
  package var end: UInt64
  package var packet: PacketReference
  /// The first packet in which the receiver acknowledged all of it.
  package var acknowledged: PacketReference?
}

/// The records of one direction of a TLS connection that stays closed.
package struct SealedRecords: Sendable {
  package private(set) var all: [SealedRecord] = []
  /// There were more than are kept: their sum is not known.
  package private(set) var isIncomplete = false
  private var nextUnacknowledged = 0
  private static let maxKept = Limits.standard.maxSealedRecords

  mutating func add(_ record: TLSRecordDescription, end: UInt64, _ packet: PacketReference) {
    guard all.count < Self.maxKept else {
      isIncomplete = true
      return
    }
    all.append(
      SealedRecord(
        contentLength: record.contentLength, mayBeData: record.contentType == 23, end: end, packet: packet))
  }

  mutating func acknowledge(upTo offset: UInt64, _ packet: PacketReference) {
    while nextUnacknowledged < all.count, all[nextUnacknowledged].end <= offset {
      all[nextUnacknowledged].acknowledged = packet
      nextUnacknowledged += 1
    }
  }

  mutating func mapPackets(_ change: (PacketReference) -> PacketReference) {
    for index in all.indices {
      all[index].packet = change(all[index].packet)
      all[index].acknowledged = all[index].acknowledged.map(change)
    }
  }

  mutating func move(by count: UInt64) {
    for index in all.indices { all[index].end += count }
  }
}
