import Capture
import Glibc
import Synchronization

/// The folder with the packets of sessions that ended badly, written by a thread of its own. It has a budget: the oldest
/// files go first, those of earlier runs too.
package final class EvidenceFolder: Sendable {
  package struct Counts: Equatable, Sendable {
    package var files: UInt64 = 0
    /// Sessions whose packets could not be written.
    package var lostFiles: UInt64 = 0
    /// Files that were removed to make room.
    package var removedFiles: UInt64 = 0
    /// Bytes that the files take on the disk.
    package var bytes = 0
  }

  /// The files that are there, the oldest first.
  private struct Shelf {
    private(set) var files: [(name: String, size: Int)] = []
    private(set) var total = 0

    init(files: [(name: String, size: Int)]) {
      for (name, size) in files { add(name, size) }
    }

    mutating func add(_ name: String, _ size: Int) {
      files.append((name, size))
      total += size
    }

    /// Removes the oldest files until no more than so many bytes are left.
    ///
    /// - Parameter remove: returns false if a file cannot be removed; it stays, and younger ones go.
    /// - Returns: how many are gone.
    mutating func makeRoom(downTo most: Int, _ remove: (String) -> Bool) -> Int {
      let count = files.count
      var stuck: [(name: String, size: Int)] = []
      var looked = 0
      while total > most, looked < count {
        let oldest = files[looked]
        looked += 1
        if remove(oldest.name) { total -= oldest.size } else { stuck.append(oldest) }
      }
      files.replaceSubrange(..<looked, with: stuck)
      return looked - stuck.count
    }
  }

  /// What a file takes on the disk: most are much smaller than a block and fill one.
  private static func room(for bytes: Int) -> Int { (bytes + blockSize - 1) / blockSize * blockSize }
  private static let blockSize = 4096

  private let path: String
  private let budget: Int
  private let shelf: Mutex<Shelf>
  private let state: Mutex<(counts: Counts, isTold: Bool)>
  private let queue: BackgroundQueue
  private let tell: @Sendable (CaptureError) -> Void
  private static let maxWaiting = 64 << 20

  /// A folder that was found to be usable, before there is any thread.
  package struct Opened: ~Copyable {
    fileprivate let path: String
    fileprivate let files: [(name: String, size: Int)]
    /// Whether it was not there before.
    private let isNew: Bool

    /// Makes the folder if it is not there.
    package init(path: String) throws(CaptureError) {
      self.path = path
      let isNew = unsafe mkdir(path, 0o750) == 0
      func failure() -> CaptureError {
        let problem = FileCall.problem
        if isNew { unsafe rmdir(path) }
        return CaptureError(
          source: path, problem: problem,
          advice: "name a folder that the user of wsclose live may write to (--user)")
      }
      if !isNew, errno != EEXIST { throw failure() }
      guard let names = FileCall.names(in: path) else { throw failure() }
      let probe = "\(path)/.wsclose-\(getpid())"
      let descriptor = FileCall.create(probe)
      guard descriptor >= 0 else { throw failure() }
      close(descriptor)
      unsafe unlink(probe)
      // A file that was not written to its end has a dot in front.
      func final(_ name: String) -> Substring { name.hasPrefix(".") ? name.dropFirst() : name[...] }
      var files: [(name: String, size: Int)] = []
      for name in names where EvidenceFile.isName(String(final(name))) {
        let file = FileStatus(path: "\(path)/\(name)")
        if let file, file.isRegular { files.append((name, EvidenceFolder.room(for: file.size))) }
      }
      self.isNew = isNew
      self.files = files.sorted { final($0.name) < final($1.name) }
    }

    /// Leaves all as it was before: the folder will not be written to.
    package consuming func discard() {
      if isNew { unsafe rmdir(path) }
    }
  }

  /// Starts the thread.
  ///
  /// - Parameter budget: bytes that the files may have together.
  package init(_ opened: consuming Opened, budget: Int, tell: @escaping @Sendable (CaptureError) -> Void) {
    path = opened.path
    self.budget = budget
    let shelf = Shelf(files: opened.files)
    self.shelf = Mutex(shelf)
    state = Mutex((Counts(bytes: shelf.total), false))
    self.tell = tell
    queue = BackgroundQueue(limit: Self.maxWaiting)
    _ = queue.submit(cost: 0) { [self] in self.shelf.withLock { makeRoom(for: 0, &$0) } }
  }

  package var counts: Counts { state.withLock { $0.counts } }

  package func write(_ file: EvidenceFile) {
    let size = Self.room(for: file.bytes.count)
    guard size <= budget else { return lose("\(file.name) is larger than --evidence-size") }
    let isTaken = queue.submit(cost: file.bytes.count) { [self] in
      shelf.withLock { shelf in
        makeRoom(for: size, &shelf)
        if shelf.total + size > budget { return lose("older files cannot be removed") }
        if let problem = save(file) { return lose(problem) }
        shelf.add(file.name, size)
        let total = shelf.total
        state.withLock { state in
          state.counts.files += 1
          state.counts.bytes = total
        }
      }
    }
    if !isTaken { lose("the disk is too slow") }
  }

  /// Waits for the last file.
  package func finish() { queue.finish() }

  private func makeRoom(for size: Int, _ shelf: inout Shelf) {
    let removed = shelf.makeRoom(downTo: budget - size) { name in
      unsafe unlink("\(path)/\(name)") == 0 || errno == ENOENT
    }
    let total = shelf.total
    state.withLock { state in
      state.counts.removedFiles += UInt64(removed)
      state.counts.bytes = total
    }
  }

  /// Under another name until it is whole: nobody reads half a file.
  private func save(_ file: EvidenceFile) -> String? {
    let (temporary, final) = ("\(path)/.\(file.name)", "\(path)/\(file.name)")
    let descriptor = FileCall.create(temporary)
    guard descriptor >= 0 else { return FileCall.problem }
    let count = FileCall.write(file.bytes[...], to: descriptor)
    var problem = count < file.bytes.count ? FileCall.problem : nil
    close(descriptor)
    if problem == nil, unsafe rename(temporary, final) != 0 { problem = FileCall.problem }
    if problem != nil { unsafe unlink(temporary) }
    return problem
  }

  private func lose(_ problem: String) {
    let isFirst = state.withLock { state in
      state.counts.lostFiles += 1
      defer { state.isTold = true }
      return !state.isTold
    }
    guard isFirst else { return }
    tell(
      CaptureError(
        source: path, problem: problem,
        advice: "evidence that cannot be written is counted as lost; make room"))
  }
}
