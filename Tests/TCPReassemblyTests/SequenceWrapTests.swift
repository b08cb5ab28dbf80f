import Streams
import TestSupport
import Testing

@Suite struct SequenceWrapTests {
  /// A connection with a reordered, a repeated and a missing segment, FIN and acknowledgments.
  static func transcript(clientISN: UInt32, serverISN: UInt32) -> Transcript {
    var wire = Wire(clientISN: clientISN, serverISN: serverISN)
    wire.open()
    wire.send(.client, at: 0, "abcd")
    wire.send(.client, at: 8, "ijkl")
    wire.acknowledge(.server, 4)
    wire.send(.client, at: 4, "efgh")
    wire.send(.client, at: 2, "cdef")
    wire.send(.server, at: 0, "0123", acknowledging: 12)
    wire.send(.server, at: 10, "abc")
    wire.acknowledge(.client, 13)
    wire.wait(2)
    wire.fin(.client, at: 12, acknowledging: 13)
    wire.fin(.server, at: 13, acknowledging: 13)
    wire.send(.client, at: 13, acknowledging: 14)
    return Transcript.of(wire.packets)
  }

  static let isns: [UInt32] =
    (0...14).map { UInt32.max - $0 } + (0...14).map { 0x7fff_fff9 + $0 } + [0, 1, 0x4000_0000]

  @Test(arguments: isns)
  func `where the sequence numbers begin changes nothing`(isn: UInt32) {
    let plain = Self.transcript(clientISN: 1000, serverISN: 5000)
    #expect(plain.text(.client) == "abcdefghijkl")
    #expect(plain.gaps(.server) == [4..<10])
    #expect(plain.finOffsets(.client) == [12])
    #expect(Self.transcript(clientISN: isn, serverISN: isn &+ 5).lines == plain.lines)
    #expect(Self.transcript(clientISN: 77, serverISN: isn).lines == plain.lines)
  }

  @Test func `one byte missing at the wrap is a gap of one byte`() {
    var wire = Wire(clientISN: .max - 3)
    wire.open()
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 4, "efg")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abcefg")
    #expect(transcript.gaps(.client) == [3..<4])
  }

  @Test func `offsets go on beyond 4 GiB`() {
    var wire = Wire(clientISN: 0xffff_0000)
    wire.open()
    let step: Int64 = 1 << 29
    for index in 0..<20 {
      wire.send(.client, at: Int64(index) * step, "x")
      wire.acknowledge(.server, Int64(index) * step + 1)
      wire.wait(1.5)
    }
    wire.fin(.client, at: 19 * step + 1)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == String(repeating: "x", count: 20))
    #expect(transcript.gaps(.client).count == 19)
    #expect(transcript.finOffsets(.client) == [UInt64(19 * step + 1)])
  }

  @Test func `a segment further ahead than any window is not believed`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "ab")
    wire.send(.client, at: 3 + (1 << 30), "far")
    wire.send(.client, at: -(1 << 30), "old")
    wire.acknowledge(.server, (1 << 31) - 1)
    wire.send(.client, at: 2, "cd")
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 ab #4", "client 2 cd #8"])
  }
}
