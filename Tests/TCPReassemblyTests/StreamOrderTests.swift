import Streams
import TestSupport
import Testing

@Suite struct StreamOrderTests {
  @Test func `segments in order are delivered as they come`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "hello ")
    wire.send(.client, at: 6, "world")
    wire.send(.server, at: 0, "hi", acknowledging: 11)
    wire.send(.client, at: 11, acknowledging: 2)
    #expect(
      Transcript.of(wire.packets).lines == [
        "opened", "client 0 hello  #4", "client 6 world #5", "server 0 hi #6", "client acknowledged 11 #6",
        "server acknowledged 2 #7", "closed captureEnded",
      ])
  }

  @Test func `a segment ahead waits for the one before it and keeps its packet`() {
    var wire = Wire.opened
    wire.send(.client, at: 3, "def")
    wire.send(.client, at: 0, "abc")
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 abc #5", "client 3 def #4"])
    #expect(Transcript.of(Array(wire.packets.prefix(4)), finishes: false).lines(.client) == [])
  }

  static let orders = [
    [0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [0, 3, 2, 1], [1, 0, 2, 3],
    [1, 0, 3, 2], [1, 2, 0, 3], [1, 2, 3, 0], [1, 3, 0, 2], [1, 3, 2, 0], [2, 0, 1, 3], [2, 0, 3, 1],
    [2, 1, 0, 3], [2, 1, 3, 0], [2, 3, 0, 1], [2, 3, 1, 0], [3, 0, 1, 2], [3, 0, 2, 1], [3, 1, 0, 2],
    [3, 1, 2, 0], [3, 2, 0, 1], [3, 2, 1, 0],
  ]

  @Test(arguments: orders)
  func `every order of four segments gives the same stream`(order: [Int]) {
    let pieces: [(Int64, String)] = [(0, "a"), (1, "bcd"), (4, "ef"), (6, "ghij")]
    var wire = Wire.opened
    for index in order { wire.send(.server, at: pieces[index].0, pieces[index].1) }
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "abcdefghij")
    #expect(transcript.gaps(.server) == [])
    #expect(transcript.retransmitted(.server) == [])
  }

  @Test func `segments of one byte make the same stream backwards and forwards`() {
    let text = String(repeating: "0123456789", count: 50)
    for backwards in [false, true] {
      var wire = Wire.opened
      let bytes = Array(text.enumerated())
      for (offset, byte) in backwards ? bytes.reversed() : bytes {
        wire.send(.client, at: Int64(offset), String(byte))
      }
      #expect(Transcript.of(wire.packets).text(.client) == text)
    }
  }

  @Test func `a segment without payload is no part of the stream`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "ab")
    wire.send(.client, at: 2)
    wire.send(.client, at: 2, "cd", flags: [.psh, .ack])
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 ab #4", "client 2 cd #6"])
  }

  @Test func `the two sides have streams of their own`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, "greeting")
    wire.send(.client, at: 2, "cd")
    wire.send(.server, at: 8, "!")
    wire.send(.client, at: 0, "ab")
    let recorder = Stages.streams(of: wire.packets)
    #expect(recorder.bytes == [.client: Array("abcd".utf8), .server: Array("greeting!".utf8)])
  }

  /// RFC 1122 §4.2.3.6: a probe repeats the byte before the next one, or nothing at that place.
  @Test(arguments: ["", "d", "?"])
  func `keep-alive probes change nothing`(probe: String) {
    var wire = Wire.opened
    wire.send(.client, at: -1, probe)
    wire.send(.client, at: 0, "abcd")
    wire.acknowledge(.server, 4)
    wire.send(.client, at: 3, probe)
    wire.acknowledge(.server, 4)
    wire.send(.client, at: 3, probe)
    wire.send(.client, at: 4, "efg")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abcdefg")
    #expect(transcript.gaps(.client) == [])
    #expect(transcript.retransmitted(.client) == [])
    #expect(transcript.statistics.keepAlives == 3)
  }

  @Test func `zero-window probes of one new byte are part of the stream`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "ab")
    wire.send(.client, at: 2, "c")
    wire.acknowledge(.server, 2)
    wire.send(.client, at: 2, "cdef")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abcdef")
    #expect(transcript.retransmitted(.client) == [2..<3])
  }
}
