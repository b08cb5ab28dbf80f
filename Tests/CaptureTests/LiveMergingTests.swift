import TestSupport
import Testing

@testable import Capture

/// The packets of several interfaces. They are opened for it, and nothing comes of them but what is put there.
@Suite(.enabled(if: CapabilitySet.effective.contains(.netRaw), "this process may not capture"))
struct LiveMergingTests {
  struct Log: SegmentSink {
    var times: [Int64] = []
    var numbers: [UInt64] = []

    mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
      times.append(segment.packet.time.nanoseconds)
      numbers.append(segment.packet.number)
    }
  }

  static func capture(of count: Int) throws -> LiveCapture {
    var source = LiveSource()
    source.interfaces = Array(repeating: "lo", count: count)
    source.options.filter = "tcp port 1"
    return try LiveCapture(source)
  }

  /// Packets of these times that were read together.
  static func batch(_ times: [Int64], at arrival: Int64) -> PacketBatch {
    let frame = Frames.ethernet([8, 0], Frames.checked(Frames.ipv4(Frames.tcp + Frames.hello)))
    var batch = PacketBatch()
    batch.arrival = arrival
    for time in times {
      let start = batch.bytes.count
      batch.bytes += frame
      batch.packets.append(
        PacketBatch.Packet(
          range: start..<start + frame.count, wireLength: frame.count, time: Timestamp(nanoseconds: time)))
    }
    return batch
  }

  @Test(arguments: 1...5)
  func `packets of several interfaces are handed on and numbered in the order of their times`(
    count: Int
  )
    throws
  {
    var random = SeededGenerator(seed: UInt64(count))
    var capture = try Self.capture(of: count)
    var all: [Int64] = []
    for index in 0..<count {
      for round in 0..<4 {
        // One interface may be far ahead of another.
        let times = (0..<20).map { _ in
          Int64(round * 1000 * (index + 1)) + Int64.random(in: 0..<1000, using: &random)
        }
        capture.taps[index].queue.append(Self.batch(times.sorted(), at: 0))
        all += times
      }
    }
    var log = Log()
    capture.release(LiveCapture.hold - 1, &log)
    #expect(log.times == [])
    capture.release(LiveCapture.hold, &log)
    #expect(log.times == all.sorted())
    #expect(log.numbers == Array(1...UInt64(all.count)))
    #expect(capture.taps.allSatisfy { $0.queue.isEmpty })
  }

  @Test func `a packet waits for earlier ones that are read later`() throws {
    var capture = try Self.capture(of: 2)
    var log = Log()
    capture.taps[0].queue.append(Self.batch([5, 6], at: 0))
    capture.taps[1].queue.append(Self.batch([3, 7], at: LiveCapture.hold - 1))
    capture.release(LiveCapture.hold, &log)
    #expect(log.times == [])
    capture.release(2 * LiveCapture.hold - 1, &log)
    #expect(log.times == [3, 5, 6, 7])
  }

  @Test func `what comes too late is handed on all the same, behind what was earlier than it`() throws {
    var capture = try Self.capture(of: 2)
    var log = Log()
    capture.taps[0].queue.append(Self.batch([5], at: 0))
    capture.release(LiveCapture.hold, &log)
    capture.taps[1].queue.append(Self.batch([3], at: LiveCapture.hold))
    capture.release(2 * LiveCapture.hold, &log)
    #expect(log.times == [5, 3] && log.numbers == [1, 2])
  }

  @Test func `a clock that is set back keeps no packet for ever`() throws {
    var capture = try Self.capture(of: 2)
    var log = Log()
    let now = LiveCapture.maxHold + 1
    capture.taps[0].queue.append(Self.batch([1_000_000], at: 0))
    capture.taps[1].queue.append(Self.batch([1, 2], at: now))
    capture.release(now - 1, &log)
    #expect(log.times == [])
    capture.release(now, &log)
    #expect(log.times == [1_000_000])
  }

  @Test func `at the end all go`() throws {
    var capture = try Self.capture(of: 2)
    var log = Log()
    capture.taps[0].queue.append(Self.batch([2, 4], at: 0))
    capture.taps[1].queue.append(Self.batch([1, 3], at: 0))
    capture.release(.max, &log)
    #expect(log.times == [1, 2, 3, 4])
  }
}
