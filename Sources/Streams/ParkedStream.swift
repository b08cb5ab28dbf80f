import Limits
import Capture

/// What one side sent and cannot be understood before the other side was heard. Bounded.
package struct ParkedStream {
  package enum Item {
    case bytes([UInt8], StreamChunk)
    case event(StreamEvent)
  }
  package private(set) var isActive = false
  private var items: [Item] = []
  private var cost = 0
  private static let maxCost = Limits.standard.maxParkedBytes
  private static let itemCost = 128

  package init() {}

  package mutating func activate() { isActive = true }

  /// Whether nothing waits.
  package var isEmpty: Bool { items.isEmpty }

  /// Whether more waits than is worth it.
  package var isFull: Bool { cost > Self.maxCost }

  /// Keeps the bytes from `first` on.
  package mutating func park(_ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk) {
    var chunk = chunk
    chunk.offset += UInt64(first)
    items.append(.bytes([UInt8](bytes, first..<bytes.count), chunk))
    cost += bytes.count - first + Self.itemCost
  }

  package mutating func park(_ event: StreamEvent) {
    items.append(.event(event))
    cost += Self.itemCost
  }

  /// Ends the parking; returns what was kept, in order.
  package mutating func release() -> [Item] {
    defer { self = ParkedStream() }
    return items
  }
}
