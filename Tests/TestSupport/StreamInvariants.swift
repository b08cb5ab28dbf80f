import Streams

/// What a stage relies on that takes streams, whatever the packets were.
package struct StreamInvariants {
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
  package private(set) var broken: [String] = []

  package init() {}

  package var openCount: Int { open.count }

  package mutating func check(bytes count: Int, _ chunk: StreamChunk) {
    let range = chunk.offset..<chunk.offset + UInt64(count)
    if count == 0 { broken.append("empty: \(chunk)") }
    advance(chunk.side, range, chunk.connection, "\(range) of \(chunk)")
  }

  package mutating func check(_ event: StreamEvent, on connection: ConnectionID) {
    switch event {
    case .opened(let opened):
      let isNew = opened.id == connection && known.insert(connection).inserted
      let isSlotFree = open.keys.allSatisfy { $0.slot != connection.slot }
      if !isNew || !isSlotFree { broken.append("opened twice: \(event)") }
      open[connection] = [.client: Stream(), .server: Stream()]
    case .closed:
      if open.removeValue(forKey: connection) == nil { broken.append("not open: \(event)") }
    case .began(let side, _):
      change(side, connection, "\(event)") { stream in
        defer { stream.hasBegun = true }
        return !stream.hasBegun
      }
    case .window(let side, let isOpen, _):
      change(side, connection, "\(event)") { stream in
        defer { stream.isWindowOpen = isOpen }
        return stream.isWindowOpen != isOpen
      }
    case .gap(let side, let range, _, _):
      if range.isEmpty { broken.append("empty: \(event)") }
      advance(side, range, connection, "\(event)")
    case .acknowledged(let side, let upTo, _):
      change(side, connection, "\(event)") { stream in
        let isCovered = upTo <= stream.position + (stream.hasFIN ? 1 : 0)
        defer { stream.acknowledged = upTo }
        return isCovered && upTo > stream.acknowledged
      }
    case .retransmitted(let side, let range, _):
      change(side, connection, "\(event)") { _ in !range.isEmpty }
    case .ended(let side, .fin, let offset, _):
      change(side, connection, "\(event)") { stream in
        defer { stream.hasFIN = true }
        return !stream.hasFIN && offset <= stream.position
      }
    case .ended(let side, .rst, _, _):
      change(side, connection, "\(event)") { stream in
        defer { stream.hasRST = true }
        return !stream.hasRST
      }
    case .encapsulated:
      if open[connection] == nil { broken.append("not open: \(event)") }
    case .ended, .proxied, .secured, .record, .alert, .requested, .responded:
      broken.append("not of TCP: \(event)")
    }
  }

  /// Bytes and gaps follow each other without a hole.
  private mutating func advance(
    _ side: Side, _ range: Range<UInt64>, _ connection: ConnectionID,
    _ text: @autoclosure () -> String
  ) {
    change(side, connection, text()) { stream in
      defer { stream.position = range.upperBound }
      return stream.hasBegun && range.lowerBound == stream.position
    }
  }

  private mutating func change(
    _ side: Side, _ connection: ConnectionID, _ text: @autoclosure () -> String,
    _ body: (inout Stream) -> Bool
  ) {
    guard var stream = open[connection]?[side] else { return broken.append("not open: \(text())") }
    if !body(&stream) { broken.append("\(connection): \(text())") }
    open[connection]?[side] = stream
  }
}
