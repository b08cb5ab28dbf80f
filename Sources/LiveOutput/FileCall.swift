import Glibc

/// The system calls for files, as this target needs them.
enum FileCall {
  static var problem: String { unsafe String(cString: strerror(errno)).lowercased() }

  static func openToAppend(_ path: String) -> Int32 {
    unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
  }

  /// The last byte of a file that has so many; `nil` if it cannot be read.
  static func lastByte(of path: String, size: Int) -> UInt8? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    // SAFETY: one byte is written at most, and `byte` outlives the call.
    return unsafe pread(descriptor, &byte, 1, off_t(size - 1)) == 1 ? byte : nil
  }

  /// Whether the user that this is at the moment may give a file of that path another name.
  static func mayRename(_ path: String) -> Bool {
    let end = path.lastIndex(of: "/")
    let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    return unsafe faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0
  }

  /// A new file that only its owner and group may read.
  static func create(_ path: String) -> Int32 {
    unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o640)
  }

  /// - Returns: how many bytes were written; fewer than there are if there is a problem.
  static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
    var rest = bytes
    while !rest.isEmpty {
      // SAFETY: the buffer is valid within the closure.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    return bytes.count - rest.count
  }

  /// The names in a folder; `nil` if it cannot be read.
  static func names(in folder: String) -> [String]? {
    guard let handle = unsafe opendir(folder) else { return nil }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      // SAFETY: the entry is valid until the next one is read, and its name ends with a NUL.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      names.append(name)
    }
    return names
  }
}
