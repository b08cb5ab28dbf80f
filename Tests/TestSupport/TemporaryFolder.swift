import Foundation

/// A folder for the files of one test; it is gone when the test is.
package struct TemporaryFolder {
  package let path: String

  package static func with<R>(_ body: (TemporaryFolder) throws -> R) throws -> R {
    let manager = FileManager.default
    let folder = TemporaryFolder(
      path: manager.temporaryDirectory.appendingPathComponent("wsclose-\(UUID().uuidString)").path)
    try manager.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    defer { try? manager.removeItem(atPath: folder.path) }
    return try body(folder)
  }

  /// Writes a file and returns its path.
  package func file(_ bytes: [UInt8], name: String = "capture") throws -> String {
    let path = self.path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
}
