import Capture

/// A key log that programs go on writing while a capture goes on, whatever file has its name.
final class FollowedKeyLog {
  private let path: String
  /// The file that has the name, behind the one that had it before: who has that open goes on writing there.
  private var files: [KeyLogFile] = []
  /// The file of that name that could not be opened.
  private var refused: FileStatus.Identity?
  private static let maxFiles = 2

  /// Opens the file while that is permitted. One that is no regular file has nothing to be followed.
  init(_ path: String) {
    self.path = path
    if let file = KeyLogFile(path) { files = [file] }
  }

  /// The lines that were written since the last call.
  func takeLines() -> [UInt8] {
    if let last = files.last, let named = FileStatus(path: path)?.regularFile, named != last.identity {
      replace(named)
    }
    return files.flatMap { $0.takeLines() }
  }

  private func replace(_ named: FileStatus.Identity) {
    if let file = KeyLogFile(path) {
      files = files.suffix(Self.maxFiles - 1) + [file]
      refused = nil
    } else if refused != named {
      refused = named
      Output.complain(
        "\(path): the key log that has this name now cannot be opened; make it readable for wsclose's user")
    }
  }
}
