import Capture
import Glibc

/// A key log that programs go on writing while a capture goes on.
final class FollowedKeyLog {
  private let path: String
  private var descriptor: Int32 = -1
  private var identity: FileStatus.Identity?
  private var offset: off_t = 0
  /// The beginning of a line whose rest has not been written.
  private var line: [UInt8] = []
  private static let pieceSize = 64 << 10
  /// A line of a key log has a few hundred bytes.
  private static let maxLine = 4096

  /// Opens the file while that is permitted. One that is no regular file has nothing to be followed.
  init(_ path: String) {
    self.path = path
    open()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The lines that were written since the last call.
  func takeLines() -> [UInt8] {
    if let identity, let named = FileStatus(path: path)?.regularFile, named != identity { open() }
    guard descriptor >= 0 else { return [] }
    if lseek(descriptor, 0, SEEK_END) < offset { restart() }
    while readPiece() {}
    guard let end = line.lastIndex(of: UInt8(ascii: "\n")) else {
      if line.count > Self.maxLine { line = [] }
      return []
    }
    let lines = Array(line[...end])
    line.removeFirst(lines.count)
    return lines
  }

  /// Goes on with the file that has the name now, if it can be opened.
  private func open() {
    let new = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard new >= 0, let identity = FileStatus(new)?.regularFile else {
      if new >= 0 { close(new) }
      return
    }
    if descriptor >= 0 { close(descriptor) }
    descriptor = new
    self.identity = identity
    restart()
  }

  private func restart() {
    offset = 0
    line = []
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
