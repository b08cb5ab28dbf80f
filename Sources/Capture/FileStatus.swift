import Glibc

/// What the system tells of a file, or of what else has a path (`stat(2)`).
package struct FileStatus: Sendable {
  /// What tells a file from all others, whatever path leads to it.
  package struct Identity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    fileprivate init(_ status: stat) { (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
  }

  package let identity: Identity
  /// Bytes; of a regular file.
  package let size: Int
  package let isRegular: Bool
  package let isFolder: Bool
  /// Whether it has a name, the one by which it was opened or another.
  package let isNamed: Bool

  /// - Returns: `nil`, and `errno`, if the descriptor is of no open file.
  package init?(_ descriptor: Int32) {
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// - Returns: `nil`, and `errno`, if the path leads to nothing that may be seen.
  package init?(path: String) {
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    identity = Identity(status)
    size = Int(status.st_size)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isNamed = status.st_nlink > 0
  }

  /// `nil` for what is no regular file.
  package var regularFile: Identity? { isRegular ? identity : nil }
}
