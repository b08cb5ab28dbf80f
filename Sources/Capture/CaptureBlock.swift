import Synchronization

/// Bytes of a capture as they were read, packets among them. Who looks at packets later keeps the block, and copies none of
/// them.
package final class CaptureBlock: Sendable {
  package let bytes: [UInt8]
  package let extent: BlockExtent
  private let memory: BlockMemory

  init(_ bytes: [UInt8], _ memory: BlockMemory) {
    self.bytes = bytes
    extent = BlockExtent(bytes)
    self.memory = memory
  }

  deinit {
    // The block itself holds them for another moment: who is faster gets a copy.
    var bytes = bytes
    memory.give(&bytes)
  }
}

/// Where a block lies in memory: as long as the block is kept, its bytes stay there.
@usableFromInline @frozen package struct BlockExtent: Sendable {
  @usableFromInline let start: UInt
  @usableFromInline let count: Int

  init(_ bytes: [UInt8]) {
    // SAFETY: the address is compared with others, and nothing is read through it.
    start = unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    count = bytes.count
  }

  /// Where bytes of a packet begin in the block; `nil` if they lie elsewhere, as those do that were put together from
  /// fragments, or that have waited for others.
  @inlinable package func start(of part: Span<UInt8>) -> Int? {
    // SAFETY: as above.
    let address = unsafe part.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    guard address >= start, part.count <= count, address - start <= UInt(count - part.count) else {
      return nil
    }
    return Int(address - start)
  }
}

/// The memory of a capture's blocks: what one of them gives back the next one is read into.
final class BlockMemory: Sendable {
  private let free = Mutex<[[UInt8]]>([])
  /// Bytes in front of those that are read, for the beginning of a packet that the block before does not hold whole.
  static let room = 68 << 10
  /// Bytes of a block, the room among them.
  static let blockSize = room + (256 << 10)

  func take() -> [UInt8] {
    free.withLock { $0.popLast() } ?? [UInt8](repeating: 0, count: Self.blockSize)
  }

  /// Takes the bytes away, so that the caller does not hold them any more when they are handed out again.
  func give(_ bytes: inout [UInt8]) {
    guard bytes.count == Self.blockSize else { return }
    free.withLock { free in
      free.append([])
      swap(&free[free.count - 1], &bytes)
    }
  }
}
