/// Puts small pieces together before they are written, for output that comes as the input does.
final class PiecedOutput {
  private let output: Output
  private var buffer: [UInt8] = []
  /// Why nothing can be written any more.
  private(set) var failure: (any Error)?
  private var hasReader = true
  private static let pieceSize = 64 << 10

  init(_ output: Output) { self.output = output }

  /// Whether what is written still goes anywhere.
  var isOpen: Bool { hasReader && failure == nil }

  func write(_ bytes: [UInt8]) {
    guard isOpen else { return }
    buffer += bytes
    if buffer.count >= Self.pieceSize { flush() }
  }

  func flush() {
    guard isOpen, !buffer.isEmpty else { return }
    do { hasReader = try output.write(buffer) } catch { failure = error }
    buffer = []
  }
}
