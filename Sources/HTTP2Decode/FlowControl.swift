/// How much one side may send, as the other said (RFC 9113 §5.2).
struct FlowControl {
  /// Whether all that was said is known: from the beginning, without a loss.
  private(set) var isKnown: Bool
  private(set) var connection: Int64 = 65_535
  /// Of a stream from its beginning; changing it changes the windows of the open streams as well (RFC 9113
  /// §6.9.2), so that a stream keeps the difference alone.
  private(set) var initial: Int64 = 65_535
  /// Real windows are below 2^31; hostile ones may be added up without end.
  private static let bounds = -(Int64(1) << 40)...(Int64(1) << 40)

  init(isKnown: Bool) { self.isKnown = isKnown }

  var isConnectionBlocked: Bool { isKnown && connection <= 0 }

  /// - Parameter balance: what the stream was given, less what it sent.
  func isBlocked(_ balance: Int64) -> Bool {
    isConnectionBlocked || isKnown && initial + balance <= 0
  }

  mutating func lose() { isKnown = false }
  mutating func setInitial(_ size: UInt32) { initial = Int64(size) }
  mutating func move(by amount: Int64) { connection = Self.moved(connection, by: amount) }

  static func moved(_ window: Int64, by amount: Int64) -> Int64 {
    min(max(window + amount, bounds.lowerBound), bounds.upperBound)
  }
}
