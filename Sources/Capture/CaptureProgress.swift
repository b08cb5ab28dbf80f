/// How far the reading of a capture has come.
package struct CaptureProgress: Equatable, Sendable {
  package var packets: UInt64
  /// Bytes read of its files, as they lie on disk.
  package var bytesRead: UInt64
}

extension CaptureProgress {
  package static let none = CaptureProgress(packets: 0, bytesRead: 0)

  /// Of two captures together.
  package static func + (a: Self, b: Self) -> Self {
    CaptureProgress(packets: a.packets + b.packets, bytesRead: a.bytesRead + b.bytesRead)
  }
}
