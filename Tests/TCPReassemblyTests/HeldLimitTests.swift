import Limits
import Capture
import TestSupport
import Testing

import Streams
@testable import TCPReassembly

/// What is held behind missing bytes is bounded; what has to be given up is counted.
@Suite struct HeldLimitTests {
  /// Sends 10 bytes at each offset, none of which follows another.
  static func hold(_ side: Side, at offsets: [Int64], in wire: inout Wire) {
    for offset in offsets { wire.send(side, at: offset, "0123456789") }
  }

  static func options(_ change: (inout Limits) -> Void) -> Limits {
    var options = Limits()
    change(&options)
    return options
  }

  @Test func `more held bytes than allowed give up the first hole`() {
    let options = Self.options { $0.maxHeldBytes = 3 * HeldSegments.cost(of: 10) }
    var wire = Wire.opened
    Self.hold(.client, at: [100, 200, 300], in: &wire)
    let before = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(before.gaps(.client) == [])
    #expect(before.statistics.heldLimitHits == 0)
    Self.hold(.client, at: [400], in: &wire)
    let after = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(after.lines(.client) == ["client gap 0..<100 maxHeldBytes #7", "client 100 0123456789 #4"])
    #expect(after.statistics.heldLimitHits == 1)
  }

  @Test func `more held segments than allowed give up the first hole`() {
    let options = Self.options { $0.maxHeldSegments = 3 }
    var wire = Wire.opened
    Self.hold(.server, at: [100, 200, 300], in: &wire)
    #expect(Transcript.of(wire.packets, options: options, finishes: false).gaps(.server) == [])
    Self.hold(.server, at: [400, 500], in: &wire)
    let transcript = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(transcript.gaps(.server) == [0..<100, 110..<200])
    #expect(transcript.statistics.heldLimitHits == 2)
  }

  @Test func `a limit of nothing held makes every reordering a gap`() {
    let options = Self.options { $0.maxHeldBytes = 0 }
    var wire = Wire.opened
    wire.send(.client, at: 3, "def")
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 6, "ghi")
    let transcript = Transcript.of(wire.packets, options: options)
    #expect(transcript.text(.client) == "defghi")
    #expect(transcript.gaps(.client) == [0..<3])
  }

  @Test func `segments of one byte cannot hide from the limit on bytes`() {
    let options = Self.options { $0.maxHeldBytes = 10_000 }
    var wire = Wire.opened
    for offset: Int64 in 1...1000 { wire.send(.client, at: offset * 2, "x") }
    let transcript = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(transcript.gaps(.client).count > 800)
    #expect(transcript.statistics.heldLimitHits == UInt64(transcript.gaps(.client).count))
  }

  @Test func `the limit on bytes is that of each direction`() {
    let options = Self.options { $0.maxHeldBytes = 3 * HeldSegments.cost(of: 10) }
    var wire = Wire.opened
    Self.hold(.client, at: [100, 200], in: &wire)
    Self.hold(.server, at: [100, 200], in: &wire)
    let transcript = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(transcript.gaps(.client) == [])
    #expect(transcript.gaps(.server) == [])
    #expect(transcript.statistics.heldLimitHits == 0)
  }

  @Test func `only the direction that holds too many segments gives up a hole`() {
    let options = Self.options { $0.maxHeldSegments = 3 }
    var wire = Wire.opened
    wire.send(.client, at: 100, String(repeating: "a", count: 10_000))
    Self.hold(.server, at: [100, 200, 300, 400], in: &wire)
    let transcript = Transcript.of(wire.packets, options: options, finishes: false)
    #expect(transcript.gaps(.client) == [])
    #expect(transcript.gaps(.server) == [0..<100])
    #expect(transcript.statistics.heldLimitHits == 1)
  }

  @Test func `all connections together are bounded too`() {
    let options = Self.options { $0.maxTotalHeldBytes = 4 * HeldSegments.cost(of: 10) }
    var first = Wire(client: "10.9.1.2:40000")
    first.open()
    Self.hold(.client, at: [100, 200, 300], in: &first)
    var second = Wire(client: "10.9.1.2:40001", at: 1)
    second.open()
    Self.hold(.server, at: [100], in: &second)
    let packets = TestPacket.merged([first.packets, second.packets])
    #expect(Transcript.of(packets, options: options).statistics.heldLimitHits == 0)
    Self.hold(.server, at: [200], in: &second)
    let more = TestPacket.merged([first.packets, second.packets])
    let transcript = Transcript.of(more, options: options, finishes: false)
    #expect(transcript.statistics.heldLimitHits == 1)
    #expect(transcript.gaps(.server) == [0..<100])
    #expect(transcript.gaps(.client) == [])
  }

  @Test func `what was delivered or closed does not count against the limit`() {
    let options = Self.options { $0.maxTotalHeldBytes = 2 * HeldSegments.cost(of: 10) }
    let connections = (0..<60).map { index in
      var wire = Wire(clientISN: UInt32(index) * 1_000_000, at: Double(index))
      wire.open()
      Self.hold(.client, at: [100, 200], in: &wire)
      if index % 3 == 0 { wire.send(.client, at: 0, String(repeating: "a", count: 100)) }
      if index % 3 == 1 { wire.rst(.server, at: 0) }
      return wire.packets
    }
    let transcript = Transcript.of(TestPacket.merged(connections), options: options)
    #expect(transcript.statistics.connections == 60)
    #expect(transcript.statistics.heldLimitHits == 0)
  }
}
