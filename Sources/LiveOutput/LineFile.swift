import Capture
import Glibc

/// A file of lines that others may move away while it is written (logrotate), and that moves itself away when it is too
/// long: `FILE` becomes `FILE.1`, `FILE.1` becomes `FILE.2`, and so on.
struct LineFile {
  /// When a file moves itself away.
  struct Rotation {
    /// Bytes; no file gets longer, unless by one line that is.
    var size: Int
    /// Former files that are kept.
    var count: Int
  }

  private let path: String
  private let rotation: Rotation?
  private var descriptor: Int32
  private var openProblem = ""
  private var size = 0
  private var isRegular = true

  init(path: String, rotation: Rotation?) throws(CaptureError) {
    self.path = path
    self.rotation = rotation
    descriptor = FileCall.openToAppend(path)
    guard descriptor >= 0 else {
      throw CaptureError(
        source: path, problem: FileCall.problem,
        advice: "check that the folder exists and that the user of wsclose live may write there (--user)")
    }
    if rotation != nil, !FileCall.mayRename(path) {
      let problem = FileCall.problem
      close()
      throw CaptureError(
        source: path, problem: "cannot be moved away: \(problem)",
        advice: "let the user of wsclose live write to its folder (--user), or leave --rotate-size out")
    }
    look()
  }

  private mutating func look() {
    let status = FileStatus(descriptor)
    (size, isRegular) = (status?.size ?? 0, status?.isRegular ?? false)
    endLine()
  }

  /// Ends a line that somebody who was killed has left unfinished: the next one would be spoilt.
  private mutating func endLine() {
    guard isRegular, size > 0, let last = FileCall.lastByte(of: path, size: size),
      last != UInt8(ascii: "\n")
    else { return }
    size += FileCall.write([UInt8(ascii: "\n")], to: descriptor)
  }

  /// What could not be written.
  struct Loss {
    var lines: UInt64 = 0
    var bytes: UInt64 = 0
    var problem = ""
  }

  /// Writes whole lines; what was written of a line that did not fit is taken back.
  mutating func write(_ lines: [UInt8]) -> Loss? {
    var rest = lines[...]
    while !rest.isEmpty {
      let part = nextPart(of: rest)
      if part.isEmpty {
        guard rotate() else { return write(part: rest) }
        continue
      }
      if var loss = write(part: part) {
        let unwritten = rest.dropFirst(part.count)
        loss.lines += Self.lines(in: unwritten)
        loss.bytes += UInt64(unwritten.count)
        return loss
      }
      rest = rest.dropFirst(part.count)
    }
    return nil
  }

  /// The lines that fit into the file as it is; one at least if the file is empty.
  private func nextPart(of rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let rotation, isRegular, size + rest.count > rotation.size else { return rest }
    let fitting = rest.prefix(max(0, rotation.size - size))
    if let end = fitting.lastIndex(of: UInt8(ascii: "\n")) { return rest[...end] }
    guard size == 0 else { return rest.prefix(0) }
    return rest.firstIndex(of: UInt8(ascii: "\n")).map { rest[...$0] } ?? rest
  }

  private mutating func write(part: ArraySlice<UInt8>) -> Loss? {
    guard descriptor >= 0 else {
      return Loss(lines: Self.lines(in: part), bytes: UInt64(part.count), problem: openProblem)
    }
    let count = FileCall.write(part, to: descriptor)
    guard count < part.count else {
      size += count
      return nil
    }
    let problem = FileCall.problem
    let written = part.prefix(count)
    let whole = written.lastIndex(of: UInt8(ascii: "\n")).map { written[...$0].count } ?? 0
    if count > whole, isRegular, let end = FileStatus(descriptor)?.size {
      // Half a line would spoil the next one.
      ftruncate(descriptor, off_t(max(0, end - (count - whole))))
    }
    size += whole
    let lost = part.dropFirst(whole)
    return Loss(lines: Self.lines(in: lost), bytes: UInt64(lost.count), problem: problem)
  }

  private static func lines(in bytes: ArraySlice<UInt8>) -> UInt64 {
    UInt64(bytes.count { $0 == UInt8(ascii: "\n") })
  }

  // MARK: Other files of the same name

  /// Goes on in the file that has the name now, if that is another one or none.
  mutating func follow() {
    guard let mine = FileStatus(descriptor) else { return reopen() }
    if let theirs = FileStatus(path: path), theirs.identity == mine.identity {
      size = mine.size
      return
    }
    reopen()
  }

  /// Closes the file and opens the one that has its name now. If that cannot be, the former goes on as long as it is
  /// anywhere.
  mutating func reopen() {
    let new = FileCall.openToAppend(path)
    if new < 0 {
      openProblem = FileCall.problem
      if FileStatus(descriptor)?.isNamed == true { return }
    }
    close()
    descriptor = new
    look()
  }

  private mutating func rotate() -> Bool {
    guard let rotation else { return false }
    for number in stride(from: rotation.count - 1, through: 1, by: -1) {
      _ = unsafe rename("\(path).\(number)", "\(path).\(number + 1)")
    }
    let isMoved = unsafe rotation.count > 0 ? rename(path, "\(path).1") == 0 : unlink(path) == 0
    guard isMoved else { return false }
    reopen()
    return size == 0
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}
