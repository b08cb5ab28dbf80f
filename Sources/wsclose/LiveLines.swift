import LiveOutput

/// Where the lines of a live capture go: to standard output, or to a file with a thread of its own.
final class LiveLines {
  /// `nil` if there is a file.
  private let standardOutput: PiecedOutput?
  private let file: LineOutput?
  private var waiting: [UInt8] = []
  private var count: UInt64 = 0
  /// Lines are put together up to so many bytes before the thread gets them.
  private static let pieceSize = 64 << 10

  init(_ standardOutput: PiecedOutput?, _ file: LineOutput?) {
    self.standardOutput = standardOutput
    self.file = file
  }

  /// Whether what is written still goes anywhere: a file's problems may pass.
  var isOpen: Bool { standardOutput?.isOpen ?? true }
  var failure: (any Error)? { standardOutput?.failure }

  func write(line: [UInt8]) {
    if let standardOutput { return standardOutput.write { $0.append(line.span) } }
    waiting += line
    count += 1
    if waiting.count >= Self.pieceSize { flush() }
  }

  func flush() {
    standardOutput?.flush()
    guard let file, count > 0 else { return }
    file.write(waiting, count: count)
    (waiting, count) = ([], 0)
  }
}
