/// What to read as one capture, and how.
package struct CaptureSource: Sendable {
  /// Paths in the order in which they were written; `-` is standard input. More than one are the parts of a capture that
  /// was rotated (see `RotatedFiles`).
  package var paths: [String]
  /// In place of a file, for the first path: a capture's bytes in memory.
  package var bytes: [UInt8]?
  /// A BPF filter as in pcap-filter(7).
  package var filter: String?
  /// How packets are read.
  package var decoding = DecodeOptions()
  /// The capture's place among those of one report.
  package var index = 0
  /// Bytes of the first path that were read before: the capture begins with them.
  package var beginning: [UInt8] = []
  /// Called whenever all that a pipe has given so far has been handed out, and now and then while it gives no more.
  package var beforeWaiting: @Sendable () -> Void = {}
  /// Becomes true when nobody wants more of what is read.
  package var isStopped: @Sendable () -> Bool = { false }
  /// Becomes true when the user interrupts: a pipe ends then as if its writer had ended it; what is missing of a file is
  /// damage.
  package var isInterrupted: @Sendable () -> Bool = { false }

  package init(path: String) { paths = [path] }

  package init(paths: [String]) { self.paths = paths }

  /// A capture in memory.
  package init(bytes: [UInt8]) {
    paths = ["memory"]
    self.bytes = bytes
  }

  /// Bytes of files together, as they lie on disk; `nil` if there is a pipe among them.
  package static func totalBytes(of paths: [String]) -> UInt64? {
    var sum: UInt64 = 0
    for path in paths {
      guard let status = FileStatus(path: path), status.isRegular else { return nil }
      sum += UInt64(status.size)
    }
    return sum
  }

  /// What messages call a path.
  package static func name(of path: String) -> String { path == "-" ? "standard input" : path }

  /// Opens a file of a folder, where captures lie beside other files.
  ///
  /// - Returns: whether it is a capture, compressed or not.
  /// - Throws: why it cannot be read, if that may matter: it cannot be opened, or its name says that it is one.
  package static func isCapture(_ path: String) throws(CaptureError) -> Bool {
    let bytes = try ByteSource(opening: path)
    do throws(CaptureError) {
      _ = try CaptureFile(bytes, source: name(of: path))
      return true
    } catch {
      guard isNamedAsCapture(path) else { return false }
      throw error
    }
  }

  /// `.pcap`, `.pcapng` or `.cap`, and what tcpdump or a compressor may have added.
  private static func isNamedAsCapture(_ path: String) -> Bool {
    let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    return name.split(separator: ".").dropFirst().contains { part in
      ["pcap", "pcapng", "cap"].contains(part.lowercased().prefix { !$0.isNumber })
    }
  }

  /// Opens the first file as it will be read.
  ///
  /// - Throws: why it cannot be read at all.
  package func check() throws(CaptureError) { _ = try CaptureReader(self) }

  func open(_ part: Int) throws(CaptureError) -> CaptureFile {
    let source = Self.name(of: paths[part])
    if part == 0, let bytes { return try CaptureFile(ByteSource(bytes: bytes), source: source) }
    return try CaptureFile(
      ByteSource(
        opening: paths[part], beginning: part == 0 ? beginning : [], beforeWaiting: beforeWaiting,
        isStopped: { [isStopped, isInterrupted] in isStopped() || isInterrupted() }), source: source)
  }
}
