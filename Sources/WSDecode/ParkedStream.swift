import Capture
import Streams

/// What one side sent and cannot be understood before the other side was heard. Bounded.
struct ParkedStream {
  enum Item {
    case bytes([UInt8], StreamChunk)
    case event(StreamEvent)
  }
  private(set) var isActive = false
  private var items: [Item] = []
  private var cost = 0
  private static let maxCost = 256 << 10
  private static let itemCost = 128

  mutating func activate() { isActive = true }

  /// Whether more waits than is worth it.
  var isFull: Bool { cost > Self.maxCost }

  /// Keeps the bytes from `first` on.
  mutating func park(_ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk) {
    var chunk = chunk
    chunk.offset += UInt64(first)
    items.append(.bytes((first..<bytes.count).map { bytes[$0] }, chunk))
    cost += bytes.count - first + Self.itemCost
  }

  mutating func park(_ event: StreamEvent) {
    items.append(.event(event))
    cost += Self.itemCost
  }

  /// Ends the parking; returns what was kept, in order.
  mutating func release() -> [Item] {
    defer { self = ParkedStream() }
    return items
  }
}
