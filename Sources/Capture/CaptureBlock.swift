import Synchronization

/// Bytes of a capture as they were read, packets among them. Who looks at packets later keeps the block, and copies none of
/// them.
package final class CaptureBlock: Sendable {
  package let bytes: [UInt8]
  private let memory: BlockMemory

  init(_ bytes: [UInt8], _ memory: BlockMemory) {
    self.bytes = bytes
    self.memory = memory
  }

  deinit {
    // The block itself holds them for another moment: who is faster gets a copy.
    var bytes = bytes
    memory.give(&bytes)
  }

  /// Where bytes of a packet begin in `bytes`; `nil` if they lie elsewhere, as those do that were put together from
  /// fragments, or that have waited for others.
  package func start(of part: Span<UInt8>) -> Int? {
    // SAFETY: addresses are compared, and nothing is read through them.
    unsafe bytes.withUnsafeBytes { block in
      unsafe part.withUnsafeBytes { part in
        guard let first = block.baseAddress, let start = part.baseAddress else { return nil }
        let offset = unsafe start - first
        return offset >= 0 && offset <= block.count - part.count ? offset : nil
      }
    }
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
