import Capture
import Streams

/// The protected records of a connection of which no application data has opened yet: if its secrets turn out to be
/// wrong, all is told as if there had been none.
struct UnopenedRecords {
  enum Item {
    case record(TLSRecord, Side)
    /// A gap, or the first acknowledgment of a record.
    case event(StreamEvent)
  }
  private(set) var items: [Item] = []
  /// Where the last record of each side ends.
  private var clientEnd: UInt64 = 0
  private var serverEnd: UInt64 = 0

  var isEmpty: Bool { items.isEmpty }

  mutating func add(_ record: TLSRecord, _ side: Side) {
    var record = record
    record.body = nil
    items.append(.record(record, side))
    if side == .client { clientEnd = record.range.upperBound } else { serverEnd = record.range.upperBound }
  }

  mutating func add(_ gap: StreamEvent) { items.append(.event(gap)) }

  /// - Parameter known: how far was acknowledged before.
  mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, after known: UInt64) {
    let end = side == .client ? clientEnd : serverEnd
    if known < end, upTo > known { items.append(.event(.acknowledged(side, upTo: upTo, packet))) }
  }
}
