import Glibc

/// Which regular file it is, whatever path leads to it.
struct FileIdentity: Equatable {
  private let device: dev_t
  private let inode: ino_t

  /// - Returns: `nil` for what is no regular file, or cannot be looked at.
  init?(_ descriptor: Int32) {
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(_ path: String) {
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    (device, inode) = (status.st_dev, status.st_ino)
  }
}
