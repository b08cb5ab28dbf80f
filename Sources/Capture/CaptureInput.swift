import Dispatch
import Synchronization

/// Bytes of a capture as they were read at once.
struct InputBlock: Sendable {
  var bytes: [UInt8]
  /// Where in `bytes` they lie, with room in front.
  var range: Range<Int>
  /// Whether the capture has no more.
  var isLast: Bool
  /// What is known behind them.
  var state: InputState
}

/// How far the bytes of a capture have been read, and what kept them from being read further.
struct InputState: Sendable {
  var compression: Compression?
  var failure: DecompressedBytes.Failure?
  var wasStopped = false
  /// Bytes before decompression.
  var bytesRead: UInt64 = 0
}

/// The bytes of a capture, block by block. Those of a file are read, and decompressed, ahead on a thread of their own, once
/// it turns out to have more than one block.
final class CaptureInput: Sendable {
  private struct Ahead {
    var blocks: [InputBlock] = []
    var isReading = false
    var hasEnded = false
    /// Blocks that were asked for.
    var asked = 0
  }

  let memory = BlockMemory()
  private let source: Mutex<DecompressedBytes>
  /// What a file gives may be read long before it is used.
  private let isFile: Bool
  private let ahead = Mutex(Ahead())
  /// Counts the blocks that were read ahead.
  private let filled = DispatchSemaphore(value: 0)
  private let queue = DispatchQueue(label: "wsclose.input")
  /// So many that the thread seldom wakes up for one alone.
  private static let maxBlocks = 8

  init(_ source: sending DecompressedBytes) {
    isFile = !source.mayWait
    self.source = Mutex(source)
  }

  /// The next block; not to be asked for behind the last one.
  func next() -> InputBlock {
    let asked = ahead.withLock { ahead in
      ahead.asked += 1
      return ahead.asked
    }
    guard isFile, asked > 2 else { return read() }
    if mayReadAhead() { queue.async { [self] in while readAhead() {} } }
    filled.wait()
    return ahead.withLock { $0.blocks.removeFirst() }
  }

  private func mayReadAhead() -> Bool {
    ahead.withLock { ahead in
      guard !ahead.isReading, !ahead.hasEnded, ahead.blocks.count <= Self.maxBlocks / 2 else { return false }
      ahead.isReading = true
      return true
    }
  }

  /// - Returns: whether there is room for more.
  private func readAhead() -> Bool {
    let block = read()
    defer { filled.signal() }
    return ahead.withLock { ahead in
      ahead.blocks.append(block)
      ahead.hasEnded = block.isLast
      ahead.isReading = !ahead.hasEnded && ahead.blocks.count < Self.maxBlocks
      return ahead.isReading
    }
  }

  private func read() -> InputBlock {
    var bytes = memory.take()
    return source.withLock { source in
      var end = BlockMemory.room
      var isLast = false
      while end < bytes.count, !isLast {
        // SAFETY: the slice is bounds-checked, and `read` says how many bytes it has written.
        let count = unsafe bytes.withUnsafeMutableBytes {
          unsafe source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[end...]))
        }
        end += count
        isLast = count == 0
        if !isFile { break }
      }
      return InputBlock(
        bytes: bytes, range: BlockMemory.room..<end, isLast: isLast, state: source.state)
    }
  }
}
