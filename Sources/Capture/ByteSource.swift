import CByteStream
import Glibc

/// The bytes of a capture as libpcap wants them: a stdio stream, here over a file descriptor of ours, so
/// that pipes tell their position too, a growing pipe can be ended by the user, and reads are large.
@safe
final class ByteSource {
  /// libpcap reads through stdio in 4 KB pieces unless the stream has a larger buffer of its own.
  private static let bufferSize = 256 << 10

  private let descriptor: Int32
  private let isRegularFile: Bool
  private let beforeWaiting: () -> Void
  private let isStopped: () -> Bool
  /// What was read of the source before, and has yet to be handed to stdio.
  private var beginning: ArraySlice<UInt8>
  private let buffer: UnsafeMutablePointer<CChar>
  /// Bytes handed to stdio so far, and the first of them.
  private var delivered = 0
  private var magic: [UInt8] = []
  private(set) var failure: CInt = 0
  private(set) var wasStopped = false
  /// What a pcapng brings along besides its packets.
  var blocks = PcapngBlocks()

  /// - Parameters:
  ///   - beginning: bytes that were read of the source before.
  ///   - beforeWaiting: called before each read of a pipe: what it gave so far has been used.
  ///   - isStopped: asked when the input pauses, and before each read of a file; once it is true
  ///     the stream ends, for a pipe only when the writer has fallen silent.
  /// - Throws: the `errno` of what failed.
  init(
    path: String, beginning: [UInt8], beforeWaiting: @escaping () -> Void, isStopped: @escaping () -> Bool
  ) throws(Errno) {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(errno) }
    var status = stat()
    // SAFETY: `status` outlives the call.
    let code =
      unsafe fstat(descriptor, &status) != 0 ? errno : status.st_mode & S_IFMT == S_IFDIR ? EISDIR : 0
    guard code == 0 else {
      close(descriptor)
      throw Errno(code)
    }
    self.descriptor = descriptor
    self.isRegularFile = status.st_mode & S_IFMT == S_IFREG
    self.beginning = beginning[...]
    self.beforeWaiting = beforeWaiting
    self.isStopped = isStopped
    // SAFETY: freed in deinit, which runs after the stream was closed: the stream retains `self`.
    unsafe buffer = .allocate(capacity: Self.bufferSize)
  }

  deinit {
    unsafe buffer.deallocate()
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// A stream that reads from this source and keeps it alive until it is closed.
  func makeStream() -> UnsafeMutablePointer<FILE>? {
    let functions = unsafe byte_stream_functions(
      read: { unsafe ByteSource.from($0).read(into: $1, size: $2) },
      position: { unsafe Int64(ByteSource.from($0).delivered) },
      close: { unsafe Unmanaged<ByteSource>.fromOpaque($0).release() })
    // SAFETY: `close` balances the retain, and the retain keeps the buffer alive as long as the stream.
    let retained = unsafe Unmanaged.passRetained(self)
    let stream = unsafe byte_stream_open(retained.toOpaque(), functions, buffer, Self.bufferSize)
    if unsafe stream == nil { unsafe retained.release() }
    return unsafe stream
  }

  private static func from(_ context: UnsafeMutableRawPointer) -> ByteSource {
    unsafe Unmanaged<ByteSource>.fromOpaque(context).takeUnretainedValue()
  }

  /// Whether the bytes are those of gzip (RFC 1952 §2.3.1), once some have been read.
  var isGzip: Bool { magic == [0x1f, 0x8b] }

  private func read(into target: UnsafeMutablePointer<CChar>, size: Int) -> Int {
    let count = unsafe readMore(into: target, size: size)
    delivered += max(count, 0)
    // SAFETY: the first `count` bytes of `target` were just written.
    let start = unsafe UnsafeRawPointer(target).assumingMemoryBound(to: UInt8.self)
    let bytes = unsafe UnsafeBufferPointer(start: start, count: max(count, 0))
    if magic.count < 2 { unsafe magic += bytes.prefix(2 - magic.count) }
    unsafe blocks.read(bytes.span)
    return count
  }

  private func readMore(into target: UnsafeMutablePointer<CChar>, size: Int) -> Int {
    if !beginning.isEmpty {
      let bytes = beginning.prefix(size)
      // SAFETY: there are no more bytes than fit into `size`.
      for (index, byte) in bytes.enumerated() { unsafe target[index] = CChar(bitPattern: byte) }
      beginning = beginning.dropFirst(bytes.count)
      return bytes.count
    }
    if !isRegularFile { beforeWaiting() }
    while true {
      if isRegularFile || !waitForInput() {
        wasStopped = wasStopped || isStopped()
        if wasStopped { return 0 }
        if !isRegularFile { continue }
      }
      let count = unsafe Glibc.read(descriptor, target, size)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { failure = errno }
      return count
    }
  }

  /// Waits a short time for a pipe to have bytes or to end; false if it stayed silent.
  private func waitForInput() -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one request, which outlives the call.
    return unsafe poll(&request, 1, 250) > 0
  }
}

/// A system error number with the system's own words for it.
struct Errno: Error, Equatable {
  var code: CInt
  init(_ code: CInt) { self.code = code }
  // SAFETY: strerror returns a string that is valid until the next call.
  var text: String { unsafe String(cString: strerror(code)) }
}
