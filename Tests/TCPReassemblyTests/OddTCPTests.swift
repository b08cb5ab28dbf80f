import Capture
import Streams
import TestSupport
import Testing

/// What TCP allows and seldom does.
@Suite struct OddTCPTests {
  // MARK: Opening

  /// RFC 9293 §3.5, figure 7.
  @Test(arguments: [false, true])
  func `both sides may open a connection`(isAnswered: Bool) {
    var wire = Wire()
    wire.send(.client, at: -1, flags: .syn)
    wire.send(.server, at: -1, flags: .syn)
    if isAnswered {
      wire.send(.client, at: -1, flags: [.syn, .ack])
      wire.send(.server, at: -1, flags: [.syn, .ack])
    }
    wire.send(.client, at: 0, "abc")
    wire.send(.server, at: 0, "xyz", acknowledging: 3)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.statistics.connections == 1)
    #expect(transcript.text(.client) == "abc")
    #expect(transcript.text(.server) == "xyz")
    #expect(transcript.statistics.ignoredSYNs == 0)
  }

  /// RFC 7413: the server need not take them.
  @Test func `bytes on a SYN that are sent again are in the stream once`() {
    var wire = Wire()
    wire.send(.client, at: -1, "GET", flags: .syn)
    wire.send(.server, at: -1, flags: [.syn, .ack], acknowledging: 0)
    wire.send(.client, at: 0, "GET /")
    wire.send(.server, at: 0, "ok", acknowledging: 5)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "GET /")
    #expect(transcript.gaps(.client) == [])
    #expect(transcript.lines(.client).last == "client acknowledged 5 #4")
  }

  @Test func `a SYN inside a connection is another's when a SYN-ACK answers it`() {
    var first = Wire.opened
    first.send(.client, at: 0, "first")
    var second = Wire(clientISN: 900_000, serverISN: 800_000, at: first.time)
    second.send(.client, at: -1, "early", flags: .syn)
    second.send(.server, at: -1, flags: [.syn, .ack], acknowledging: 5)
    second.send(.client, at: 5, "second")
    let transcript = Transcript.of(TestPacket.numbered(first.packets + second.packets))
    #expect(
      transcript.lines == [
        "opened", "client 0 first #4", "closed reused", "[2] opened", "[2] client 0 early #5",
        "[2] client acknowledged 5 #6", "[2] client 5 second #7", "[2] closed captureEnded",
      ])
    #expect(transcript.statistics.ignoredSYNs == 0)
    #expect(transcript.connections.last?.openedAt.number == 5)
  }

  @Test func `a SYN inside a connection is another's when its sender goes on from it`() {
    var first = Wire.opened
    first.send(.client, at: 0, "first")
    var second = Wire(clientISN: 900_000, serverISN: 800_000, at: first.time)
    second.open()
    second.send(.client, at: 0, "second")
    let packets = second.packets.enumerated().filter { $0.offset != 1 }.map(\.element)
    let transcript = Transcript.of(TestPacket.numbered(first.packets + packets))
    #expect(transcript.statistics.connections == 2)
    #expect(transcript.lines.contains("[2] client 0 second #7"))
  }

  @Test func `a refused SYN inside a dead connection is another's`() {
    var first = Wire.opened
    first.send(.client, at: 0, "first")
    var second = Wire(clientISN: 900_000, at: first.time)
    second.send(.client, at: -1, flags: .syn)
    second.send(.server, at: -900_000, flags: [.rst, .ack])
    let transcript = Transcript.of(TestPacket.numbered(first.packets + second.packets))
    #expect(transcript.lines.suffix(3) == ["[2] opened", "[2] server rst 0 #6", "[2] closed ended"])
  }

  /// RFC 5961 §4: the SYN's number may be the one that is expected next.
  @Test func `a challenge ACK is none of a SYN`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "first")
    wire.send(.server, at: 0, acknowledging: 5)
    wire.send(.client, at: 4, flags: .syn)
    wire.send(.server, at: 0, acknowledging: 5)
    wire.send(.client, at: 5, "more")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "firstmore")
    #expect(transcript.statistics.connections == 1)
    #expect(transcript.statistics.ignoredSYNs == 1)
  }

  @Test func `a SYN-ACK that answers another SYN does not begin the stream`() {
    var wire = Wire()
    wire.send(.client, at: -1, flags: .syn)
    wire.send(.server, at: 40_000, flags: [.syn, .ack], acknowledging: 77)
    wire.send(.server, at: -1, flags: [.syn, .ack])
    wire.send(.client, at: 0, "abc")
    wire.send(.server, at: 0, "xyz", acknowledging: 3)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "xyz")
    #expect(transcript.gaps(.server) == [])
    #expect(transcript.statistics.connections == 1)
  }

  // MARK: Probes

  @Test(arguments: [("", 0), ("?", 0), ("d", 0.0002)] as [(String, Double)])
  func `a probe of a silent connection fills no hole, a byte behind its ACK does`(byte: String, delay: Double)
  {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.acknowledge(.server, 4)
    wire.time += delay > 0 ? delay - 0.001 : 0.5
    wire.send(.client, at: 3, byte)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.gaps(.client) == (delay > 0 ? [] : [3..<4]))
    #expect(transcript.text(.client) == (delay > 0 ? "abcd" : "abc"))
    #expect(transcript.statistics.keepAlives == (delay > 0 ? 0 : 1))
  }

  @Test func `a probe of a closed window is no keep-alive, and its byte is real`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "ab")
    wire.send(.server, at: 0, acknowledging: 2, window: 0)
    wire.send(.client, at: 1)
    wire.send(.client, at: 2, "c")
    wire.send(.server, at: 0, acknowledging: 3, window: 0)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abc")
    #expect(transcript.statistics.keepAlives == 0)
    #expect(transcript.lines(.client).last == "client acknowledged 3 #8")
  }

  // MARK: Urgent data

  @Test func `urgent bytes stay in the stream and are counted`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "ab!cd", flags: [.ack, .urg], urgentPointer: 3)
    wire.send(.client, at: 5, "ef", flags: [.ack, .urg])
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "ab!cdef")
    #expect(transcript.statistics.urgentSegments == 1)
  }

  // MARK: Other bytes at the same place

  static let overlaps: [(sent: [(Int64, String)], count: UInt64)] = [
    ([(0, "abcdef"), (0, "abcdef")], 0), ([(0, "abcdef"), (0, "abcdeX")], 1),
    ([(0, "abcdefghij"), (0, "abcdefghiX"), (0, "Xbcdefghij")], 2),
    ([(3, "def"), (3, "def"), (0, "abc")], 0), ([(3, "def"), (3, "dXf"), (0, "abc")], 1),
    ([(3, "def"), (4, "efg"), (0, "abc")], 0), ([(3, "def"), (4, "eXg"), (0, "abc")], 1),
    ([(3, "def"), (0, "abcXef")], 1), ([(0, "abcdef"), (10, "k"), (0, "abcdeX")], 1),
  ]

  @Test(arguments: overlaps)
  func `segments that disagree are counted and the first wins`(sent: [(Int64, String)], count: UInt64) {
    var wire = Wire.opened
    for (offset, text) in sent {
      wire.time += 0.01
      wire.send(.client, at: offset, text)
    }
    let transcript = Transcript.of(wire.packets)
    #expect(!transcript.text(.client).contains("X"))
    #expect(transcript.statistics.conflictingOverlaps == count)
  }

  @Test func `one byte that differs is found in a payload of each length up to 64`() {
    for length in 1...64 {
      let text = String((0..<length).map { Character(UnicodeScalar(UInt8(0x20 + $0))) })
      for place in 0..<length {
        var wire = Wire.opened
        wire.send(.client, at: 0, text)
        wire.time += 0.01
        wire.send(.client, at: 0, "\(text.prefix(place))~\(text.dropFirst(place + 1))")
        #expect(Transcript.of(wire.packets).statistics.conflictingOverlaps == 1, "\(place) of \(length)")
      }
    }
  }
}
