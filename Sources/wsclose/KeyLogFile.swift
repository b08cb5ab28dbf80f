import Capture
import Glibc

/// An open key log, read as it grows.
final class KeyLogFile {
  let identity: FileStatus.Identity
  private let descriptor: Int32
  private var offset: off_t = 0
  /// The beginning of a line whose rest has not been written.
  private var line: [UInt8] = []
  private static let pieceSize = 64 << 10
  /// A line of a key log has a few hundred bytes.
  private static let maxLine = 4096

  /// - Returns: `nil` if it cannot be opened, or is no regular file.
  init?(_ path: String) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    guard let identity = FileStatus(descriptor)?.regularFile else {
      close(descriptor)
      return nil
    }
    self.identity = identity
  }

  deinit { close(descriptor) }

  /// The lines that were written since the last call; all of them again once it was cut.
  func takeLines() -> [UInt8] {
    if lseek(descriptor, 0, SEEK_END) < offset { (offset, line) = (0, []) }
    while readPiece() {}
    guard let end = line.lastIndex(of: UInt8(ascii: "\n")) else {
      if line.count > Self.maxLine { line = [] }
      return []
    }
    let lines = Array(line[...end])
    line.removeFirst(lines.count)
    return lines
  }

  /// - Returns: whether there may be more.
  private func readPiece() -> Bool {
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    // SAFETY: no more than its count is written to it.
    let count = unsafe piece.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
    }
    guard count > 0 else { return false }
    offset += off_t(count)
    line += piece.prefix(count)
    return count == Self.pieceSize
  }
}
