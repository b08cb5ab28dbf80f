import Capture

/// What time it is in a capture while it is read, by its packets: it never goes back, and it does not stand still either
/// behind packets that are dated too late, or where the clock was set back.
struct PacketClock {
  private(set) var now = Timestamp.distantPast
  /// What is added to the times of packets; nanoseconds.
  private var offset: Int64 = 0
  /// How many in a row were long behind.
  private var behind = 0

  /// Seconds by which what is told may be older than what was told before: bytes behind a hole wait.
  private static let tolerance = 60.0
  /// What waited is told soon, a clock that was set stays so.
  private static let maxBehind = 4096

  mutating func pass(_ time: Timestamp) {
    let moved = Timestamp(nanoseconds: time.nanoseconds &+ offset)
    if moved > now { now = moved }
    behind = now.seconds(since: moved) > Self.tolerance ? behind + 1 : 0
    guard behind == Self.maxBehind else { return }
    offset = now.nanoseconds &- time.nanoseconds
    behind = 0
  }

  /// It is known what time it is.
  mutating func advance(to time: Timestamp) { if time > now { now = time } }
}
