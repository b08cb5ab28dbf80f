import LiveOutput

/// Where the lines of a live capture go: to standard output, or to a file with a thread of its own.
final class LiveLines {
  private let standardOutput: PiecedOutput
  private let file: LineOutput?
  private var waiting: [UInt8] = []
  private var count: UInt64 = 0
  /// Lines are put together up to so many bytes before the thread gets them.
  private static let pieceSize = 64 << 10

  init(_ standardOutput: PiecedOutput, _ file: LineOutput?) {
    self.standardOutput = standardOutput
    self.file = file
  }

  /// Whether what is written still goes anywhere: a file's problems may pass.
  var isOpen: Bool { file != nil || standardOutput.isOpen }
  var failure: (any Error)? { standardOutput.failure }

  func write(line: [UInt8]) {
    guard file != nil else { return standardOutput.write { $0.append(line.span) } }
    waiting += line
    count += 1
    if waiting.count >= Self.pieceSize { flush() }
  }

  func flush() {
    guard let file else { return standardOutput.flush() }
    guard count > 0 else { return }
    file.write(waiting, count: count)
    (waiting, count) = ([], 0)
  }
}
