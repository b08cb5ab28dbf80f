import Capture
import Testing

@testable import CloseAnalysis

/// What time it is by packets that are dated wrongly.
@Suite struct PacketClockTests {
  static func clock(_ seconds: [Double]) -> PacketClock {
    var clock = PacketClock()
    for second in seconds { clock.pass(Timestamp(nanoseconds: Int64(second * 1e9))) }
    return clock
  }

  @Test func `time is that of the latest packet`() {
    #expect(Self.clock([1, 3, 2]).now == Timestamp(nanoseconds: 3_000_000_000))
  }

  @Test func `a packet that is dated too late does not stop the clock`() {
    let year = 31_536_000.0
    let seconds = [year] + (1...4096).map { Double($0) * 0.001 } + [4.096 + 5]
    #expect(Self.clock(seconds).now == Timestamp(nanoseconds: Int64((year + 5) * 1e9)))
  }

  @Test func `what waited a while and is told at last does not move the clock`() {
    let waited = (0..<4095).map { 1 + Double($0) * 0.0001 }
    #expect(Self.clock([1000] + waited + [1001]).now == Timestamp(nanoseconds: 1_001_000_000_000))
    let recent = (0..<9000).map { 950 + Double($0) * 0.0001 }
    #expect(Self.clock([1000] + recent + [1001]).now == Timestamp(nanoseconds: 1_001_000_000_000))
  }

  @Test func `times at the ends of their range are passed over`() {
    var clock = Self.clock([1])
    for time in [Timestamp(nanoseconds: .max), Timestamp(nanoseconds: .min)] {
      for _ in 0..<5000 { clock.pass(time) }
    }
    #expect(clock.now == Timestamp(nanoseconds: .max))
  }
}
