import CloseAnalysis
import Streams

/// Writes many sessions, on all cores and in their order.
enum SessionPieces {
  /// Sessions that one core writes at a time, and all cores before what they wrote is passed on.
  private static let (pieceCount, roundCount) = (32, 512)
  /// Bytes for which there is room at once, for each session: what is longer has to move while it grows.
  private static let usualLength = 8 << 10

  /// - Parameters:
  ///   - append: adds the text of a session.
  ///   - pass: gets the text, some sessions at a time.
  static func write(
    _ sessions: [Session], _ append: @Sendable (Session, inout TextBuffer) -> Void,
    _ pass: (Span<UInt8>) -> Void
  ) {
    for round in sessions.indices.parts(of: roundCount) {
      let pieces = round.mapParts(of: pieceCount) { part in
        var text = TextBuffer(capacity: part.count * usualLength)
        for session in sessions[part] { append(session, &text) }
        return text.takeBytes()
      }
      for piece in pieces { pass(piece.span) }
    }
  }
}
