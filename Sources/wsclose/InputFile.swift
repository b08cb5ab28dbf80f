import Glibc

/// A file or a pipe that is read from its beginning on.
struct InputFile: ~Copyable {
  struct ReadingError: Error {}
  private let descriptor: Int32

  /// - Parameter path: `-` is standard input.
  /// - Returns: `nil` if it cannot be opened.
  init?(path: String) {
    descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
  }

  /// The next bytes.
  ///
  /// - Parameter limit: fewer come only at the end.
  func read(upTo limit: Int = .max) throws(ReadingError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(limit, 64 << 10))
    while bytes.count < limit {
      let wanted = min(piece.count, limit - bytes.count)
      // SAFETY: no more than `wanted` bytes are written to it, and it has as many.
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, wanted)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw ReadingError() }
      if count == 0 { break }
      bytes += piece.prefix(count)
    }
    return bytes
  }

  /// Goes back to the beginning; false for a pipe.
  func rewind() -> Bool { lseek(descriptor, 0, SEEK_SET) == 0 }
}
