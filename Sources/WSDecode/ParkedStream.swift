import Capture
import TCPReassembly

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

  /// Keeps the bytes from `first` on; false if too much is kept already.
  mutating func park(_ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk) -> Bool {
    guard reserve(bytes.count - first) else { return false }
    var chunk = chunk
    chunk.offset += UInt64(first)
    items.append(.bytes((first..<bytes.count).map { bytes[$0] }, chunk))
    return true
  }

  mutating func park(_ event: StreamEvent) -> Bool {
    guard reserve(0) else { return false }
    items.append(.event(event))
    return true
  }

  /// Ends the parking; returns what was kept, in order.
  mutating func release() -> [Item] {
    defer { self = ParkedStream() }
    return items
  }

  private mutating func reserve(_ bytes: Int) -> Bool {
    guard cost + bytes + Self.itemCost <= Self.maxCost else { return false }
    cost += bytes + Self.itemCost
    return true
  }
}
