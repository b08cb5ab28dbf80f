import Glibc

/// Reads what the kernel tells under /proc.
package enum ProcFile {
  /// The beginning of a file.
  ///
  /// - Returns: `nil` if it cannot be read.
  package static func bytes(of path: String, limit: Int) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limit, 4096))
    while bytes.count < limit {
      // SAFETY: the array outlives the call.
      let count = unsafe read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// The last component of where a link leads; `nil` if that may not be seen.
  static func linkName(of path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 4096)
    // SAFETY: the array outlives the call.
    let count = unsafe target.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count > 0 else { return nil }
    let path = target[..<count]
    return String(
      decoding: path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...], as: UTF8.self)
  }

  /// The numbers of all processes; `nil` if that cannot be seen now.
  static var processes: [Int32]? {
    guard let folder = unsafe opendir("/proc") else { return nil }
    defer { unsafe closedir(folder) }
    var found: [Int32] = []
    while let entry = unsafe readdir(folder) {
      // SAFETY: the entry is valid until the next one is read, and its name ends with a NUL.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      if let number = Int32(name) { found.append(number) }
    }
    return found
  }
}
