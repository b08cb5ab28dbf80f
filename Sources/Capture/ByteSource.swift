import Glibc

/// The bytes of a capture as they lie on disk or come through a pipe.
final class ByteSource {
  /// `nil` if the bytes are only those in `beginning`.
  private let descriptor: Int32?
  private let isRegularFile: Bool
  private let beforeWaiting: @Sendable () -> Void
  private let isStopped: @Sendable () -> Bool
  /// What was read of the source before.
  private var beginning: ArraySlice<UInt8>
  private(set) var failure: Errno?
  private(set) var wasStopped = false
  private(set) var bytesRead: UInt64 = 0

  /// - Parameters:
  ///   - beginning: bytes that were read of the source before.
  ///   - beforeWaiting: called when a pipe has nothing to read at the moment: what it gave so far has been used; called
  ///     again every quarter of a second until it has.
  ///   - isStopped: asked when the input pauses, and before each read of a file but the first; once it is true
  ///     the bytes end, for a pipe only when the writer has fallen silent.
  /// - Throws: the `errno` of what failed.
  init(
    path: String, beginning: [UInt8], beforeWaiting: @escaping @Sendable () -> Void,
    isStopped: @escaping @Sendable () -> Bool
  ) throws(Errno) {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(errno) }
    let status = FileStatus(descriptor)
    guard let status, !status.isFolder else {
      let code = status == nil ? errno : EISDIR
      close(descriptor)
      throw Errno(code)
    }
    self.descriptor = descriptor
    self.isRegularFile = status.isRegular
    self.beginning = beginning[...]
    self.beforeWaiting = beforeWaiting
    self.isStopped = isStopped
  }

  /// Whether it may have nothing to give for long, as pipes have.
  var mayWait: Bool { !isRegularFile }

  /// Bytes in memory.
  init(bytes: [UInt8]) {
    descriptor = nil
    isRegularFile = true
    beginning = bytes[...]
    beforeWaiting = {}
    isStopped = { false }
  }

  deinit {
    if let descriptor, descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Reads the next bytes, as many as there are at once.
  ///
  /// - Returns: how many; 0 at the end, or if reading failed.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    if !beginning.isEmpty {
      let count = min(beginning.count, target.count)
      unsafe target.copyBytes(from: beginning.prefix(count))
      beginning = beginning.dropFirst(count)
      return count
    }
    guard let descriptor, failure == nil else { return 0 }
    if !isRegularFile, !hasInput(descriptor, within: 0) { beforeWaiting() }
    while true {
      if isRegularFile || !hasInput(descriptor, within: Self.waitingTime) {
        // What a file begins with tells what it is; of one that is at its end nothing would be missing.
        let mayStop = !isRegularFile || bytesRead > 0
        wasStopped = wasStopped || mayStop && isStopped() && !(isRegularFile && isAtEnd(descriptor))
        if wasStopped { return 0 }
        if !isRegularFile {
          beforeWaiting()
          continue
        }
      }
      // SAFETY: no more than `target.count` bytes are written to it.
      let count = unsafe Glibc.read(descriptor, target.baseAddress, target.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { failure = Errno(errno) }
      bytesRead += UInt64(max(count, 0))
      return max(count, 0)
    }
  }

  private func isAtEnd(_ file: Int32) -> Bool {
    FileStatus(file).map { lseek(file, 0, SEEK_CUR) >= off_t($0.size) } ?? false
  }

  /// Milliseconds after which a silent pipe is asked for again.
  private static let waitingTime: Int32 = 250

  /// Whether a pipe has bytes, or ends, within so many milliseconds.
  private func hasInput(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one request, which outlives the call.
    return unsafe poll(&request, 1, milliseconds) > 0
  }
}

/// A system error number with the system's own words for it.
struct Errno: Error, Equatable {
  var code: CInt
  init(_ code: CInt) { self.code = code }
  // SAFETY: strerror returns a string that is valid until the next call.
  var text: String { unsafe String(cString: strerror(code)) }
}
