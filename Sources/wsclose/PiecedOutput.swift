import Report

/// Puts small pieces together before they are written, for output that comes as the input does.
final class PiecedOutput {
  private let output: Output
  private var buffer = TextBuffer(capacity: 2 * pieceSize)
  /// Why nothing can be written any more.
  private(set) var failure: (any Error)?
  private var hasReader = true
  private static let pieceSize = 64 << 10

  init(_ output: Output) { self.output = output }

  /// Whether what is written still goes anywhere.
  var isOpen: Bool { hasReader && failure == nil }

  /// - Parameter piece: appends to what waits to be written.
  func write(_ piece: (inout TextBuffer) -> Void) {
    guard isOpen else { return }
    piece(&buffer)
    if buffer.count >= Self.pieceSize { flush() }
  }

  func flush() {
    guard isOpen, buffer.count > 0 else { return }
    do { hasReader = try buffer.withSpan { try output.write($0) } } catch { failure = error }
    buffer.removeAll()
  }
}
