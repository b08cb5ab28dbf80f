import ArgumentParser
import Capture
import Glibc
import Report

/// Where a report goes: a file, or standard output.
struct Output {
  private let path: String?
  private let descriptor: Int32
  /// Whether there was no file of that path before.
  private let isNew: Bool

  /// Opens a file and leaves what it holds alone until there is something to write.
  ///
  /// - Throws: after one line about what cannot be written to.
  init(path: String?) throws {
    self.path = path
    guard let path else {
      guard fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE != O_RDONLY else {
        throw Self.failure(
          CaptureError(
            source: "standard output", problem: "is closed", advice: "redirect it to a file or a program"))
      }
      (descriptor, isNew) = (STDOUT_FILENO, false)
      return
    }
    let new = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    isNew = new >= 0
    descriptor = isNew ? new : unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Self.failure(path, "check that the folder exists and can be written")
    }
  }

  /// Refuses to go on if the file is one of those that are read.
  func refuse(toReplace inputs: some Sequence<String>) throws {
    guard let path, let own = FileStatus(descriptor)?.regularFile else { return }
    for input in inputs {
      let status = input == "-" ? FileStatus(STDIN_FILENO) : FileStatus(path: input)
      guard status?.identity == own else { continue }
      Self.complain("\(path): is to be read, and would be replaced; give --output another name")
      throw ExitCode(2)
    }
  }

  /// Takes away what a file holds: it will be replaced.
  func clear() throws {
    // What is no regular file has no length.
    if path != nil, ftruncate(descriptor, 0) != 0, errno != EINVAL {
      throw Self.failure(path ?? "", "check that it can be written")
    }
  }

  /// Leaves all as it was before the file was opened: there is nothing to write.
  func discard() {
    if let path, isNew { unsafe unlink(path) }
  }

  /// - Returns: false if the reader of a pipe has seen enough (head, less): no error, but nothing that is
  ///   written from now on is read.
  @discardableResult
  func write(_ bytes: Span<UInt8>) throws -> Bool {
    if put(bytes) { return true }
    guard errno == EPIPE else {
      let isFull = errno == ENOSPC || errno == EDQUOT
      throw Self.failure(
        path ?? "standard output", isFull ? "check the space left" : "check that it can be written")
    }
    return false
  }

  /// - Returns: false if not all of it could be written; `errno` tells why.
  private func put(_ bytes: Span<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.extracting(droppingFirst: count)
    }
    return true
  }

  /// Has a write to a pipe without a reader fail, instead of killing the process: the exit status is
  /// the one that the input earns.
  static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

  /// On standard error, as it is. What it does not take is lost: there is nowhere to complain.
  static func tell(_ text: String) { _ = Output(descriptor: STDERR_FILENO).put(Array(text.utf8).span) }

  /// Gives standard streams that are closed to nobody: a file that is opened later would be taken for one of them. They
  /// stay unusable.
  static func occupyStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// One line on standard error.
  static func complain(_ text: String) {
    tell("wsclose: \(Escape.terminal(text))\n")
  }

  /// Tells what could not be read, and ends with 2 if there was something.
  static func finish(with errors: [CaptureError]) throws {
    let codes = errors.map { failure($0) }
    if let code = codes.first { throw code }
  }

  /// Tells what is wrong; what it returns is to be thrown.
  static func failure(_ error: CaptureError) -> ExitCode {
    complain("\(error)")
    return ExitCode(2)
  }

  /// A terminal that has not asked for none (no-color.org).
  static func wantsColour(path: String?) -> Bool {
    guard path == nil, isTerminal else { return false }
    return (environment("NO_COLOR") ?? "").isEmpty && hasCursor
  }

  /// Whether the terminal, if there is one, does more than print.
  static var hasCursor: Bool { environment("TERM") != "dumb" }

  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  private init(descriptor: Int32) {
    path = nil
    isNew = false
    self.descriptor = descriptor
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  private static func failure(_ path: String, _ advice: String) -> ExitCode {
    let reason = unsafe String(cString: strerror(errno)).lowercased()
    return failure(CaptureError(source: path, problem: reason, advice: advice))
  }
}
