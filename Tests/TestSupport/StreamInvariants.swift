import Streams

/// What the stages behind reassembly rely on, whatever the packets were.
struct StreamInvariants {
  private struct Stream {
    /// The end of the delivered bytes and declared gaps.
    var position: UInt64 = 0
    var hasBegun = false
    var isWindowOpen = true
    var acknowledged: UInt64 = 0
    var hasFIN = false
    var hasRST = false
  }

  private var open: [ConnectionID: [Side: Stream]] = [:]
  private var known: Set<ConnectionID> = []
  private(set) var broken: [String] = []

  var openCount: Int { open.count }

  mutating func check(_ entry: Transcript.Entry) {
    switch entry {
    case .bytes(let bytes, let chunk):
      if bytes.isEmpty { broken.append("empty: \(entry.line)") }
      advance(chunk.side, chunk.offset..<chunk.offset + UInt64(bytes.count), chunk.connection, entry)
    case .event(let event, let connection):
      check(event, connection, entry)
    }
  }

  private mutating func check(
    _ event: StreamEvent, _ connection: ConnectionID, _ entry: Transcript.Entry
  ) {
    switch event {
    case .opened(let opened):
      let isNew = opened.id == connection && known.insert(connection).inserted
      let isSlotFree = open.keys.allSatisfy { $0.slot != connection.slot }
      if !isNew || !isSlotFree { broken.append("opened twice: \(entry.line)") }
      open[connection] = [.client: Stream(), .server: Stream()]
    case .closed:
      if open.removeValue(forKey: connection) == nil { broken.append("not open: \(entry.line)") }
    case .began(let side, _):
      change(side, connection, entry) { stream in
        defer { stream.hasBegun = true }
        return !stream.hasBegun
      }
    case .window(let side, let isOpen, _):
      change(side, connection, entry) { stream in
        defer { stream.isWindowOpen = isOpen }
        return stream.isWindowOpen != isOpen
      }
    case .gap(let side, let range, _, _):
      if range.isEmpty { broken.append("empty: \(entry.line)") }
      advance(side, range, connection, entry)
    case .acknowledged(let side, let upTo, _):
      change(side, connection, entry) { stream in
        let isCovered = upTo <= stream.position + (stream.hasFIN ? 1 : 0)
        defer { stream.acknowledged = upTo }
        return isCovered && upTo > stream.acknowledged
      }
    case .retransmitted(let side, let range, _):
      change(side, connection, entry) { _ in !range.isEmpty }
    case .ended(let side, .fin, let offset, _):
      change(side, connection, entry) { stream in
        defer { stream.hasFIN = true }
        return !stream.hasFIN && offset <= stream.position
      }
    case .ended(let side, .rst, _, _):
      change(side, connection, entry) { stream in
        defer { stream.hasRST = true }
        return !stream.hasRST
      }
    case .ended, .secured, .record, .alert, .requested, .responded:
      broken.append("not of TCP: \(entry.line)")
    }
  }

  /// Bytes and gaps follow each other without a hole.
  private mutating func advance(
    _ side: Side, _ range: Range<UInt64>, _ connection: ConnectionID, _ entry: Transcript.Entry
  ) {
    change(side, connection, entry) { stream in
      defer { stream.position = range.upperBound }
      return stream.hasBegun && range.lowerBound == stream.position
    }
  }

  private mutating func change(
    _ side: Side, _ connection: ConnectionID, _ entry: Transcript.Entry, _ body: (inout Stream) -> Bool
  ) {
    guard var stream = open[connection]?[side] else { return broken.append("not open: \(entry.line)") }
    if !body(&stream) { broken.append(entry.line) }
    open[connection]?[side] = stream
  }
}
