import Limits
import Streams

/// What came on a connection and cannot be understood yet, in its order. Bounded.
struct HeldStreams {
  enum Item {
    /// The bytes from `first` on; `chunk` is about all of them.
    case bytes([UInt8], first: Int, StreamChunk)
    case event(StreamEvent)
  }
  private var items: [Item] = []
  /// How many of `items` have been taken.
  private var taken = 0
  private var cost = 0
  private static let maxCost = Limits.standard.maxHTTP2HeldBytes
  private static let itemCost = 128

  var isEmpty: Bool { taken == items.count }

  /// Whether more waits than is worth it.
  var isFull: Bool { cost > Self.maxCost }

  /// Keeps the bytes from `first` on.
  mutating func hold(_ bytes: Span<UInt8>, from first: Int = 0, _ chunk: StreamChunk) {
    var chunk = chunk
    chunk.offset += UInt64(first)
    items.append(.bytes([UInt8](bytes, first..<bytes.count), first: 0, chunk))
    cost += bytes.count - first + Self.itemCost
  }

  mutating func hold(_ event: StreamEvent) {
    items.append(.event(event))
    cost += Self.itemCost
  }

  mutating func popFirst() -> Item? {
    guard taken < items.count else {
      self = HeldStreams()
      return nil
    }
    let item = items[taken]
    // Its bytes are the taker's alone.
    items[taken] = .event(.closed(.ended))
    taken += 1
    cost -= Self.itemCost
    if case .bytes(let bytes, let first, _) = item { cost -= bytes.count - first }
    return item
  }

  /// Puts back what was popped last; of its bytes those before `first` are done with.
  mutating func putBack(_ bytes: [UInt8], first: Int, _ chunk: StreamChunk) {
    guard taken > 0 else { return }
    taken -= 1
    items[taken] = .bytes(bytes, first: first, chunk)
    cost += Self.itemCost + bytes.count - first
  }
}
