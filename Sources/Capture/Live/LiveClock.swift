/// What time it is by the clock of the packets, also while none comes.
///
/// The machine's clock may be set while the capture goes on. Packets have its times; what waits for time to pass goes by
/// a second one, which is the same but never goes back.
struct LiveClock {
  private var last: (packet: Timestamp, read: Int64)?
  private var steady = Timestamp.distantPast
  private var lastTick: Int64 = 0
  /// Packets come in blocks: so long after its time one may still be on its way.
  private static let slack = 5 * SteadyTime.second / 10

  /// A packet was handed on.
  ///
  /// - Parameter now: `SteadyTime.now`.
  mutating func note(_ packet: Timestamp, at now: Int64) { last = (packet, now) }

  /// - Parameter isIdle: nothing that was captured is waiting.
  /// - Returns: `nil` before the first packet.
  mutating func tick(at now: Int64, isIdle: Bool) -> CaptureNotice? {
    guard let last else { return nil }
    let passed = isIdle ? max(now - last.read - Self.slack, 0) : 0
    let (moved, overflow) = last.packet.nanoseconds.addingReportingOverflow(passed)
    let packets = Timestamp(nanoseconds: overflow ? .max : moved)
    let isSetBack = steady.seconds(since: packets) > 1
    let sinceTick = lastTick == 0 ? 0 : now - lastTick
    lastTick = now
    steady = isSetBack ? Timestamp(nanoseconds: steady.nanoseconds &+ sinceTick) : max(steady, packets)
    return .time(packets: packets, steady: steady)
  }
}
