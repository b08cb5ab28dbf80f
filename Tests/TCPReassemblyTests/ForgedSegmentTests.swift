import Capture
import Streams
import TCPReassembly
import TestSupport
import Testing

/// What neither side of a connection has sent, and what only seems so because the capture has lost packets.
@Suite struct ForgedSegmentTests {
  /// Both sides have said 4 bytes that were acknowledged; windows are 1000 bytes, not scaled. Five packets.
  static var talk: Wire {
    var wire = Wire()
    wire.send(.client, at: -1, flags: .syn, window: 1000)
    wire.send(.server, at: -1, flags: [.syn, .ack], window: 1000)
    wire.send(.client, at: 0, "abcd", window: 1000)
    wire.send(.server, at: 0, "0123", acknowledging: 4, window: 1000)
    wire.send(.client, at: 4, acknowledging: 4, window: 1000)
    return wire
  }

  /// As they end it.
  static func finish(_ wire: inout Wire) {
    wire.send(.server, at: 4, "bye", acknowledging: 4, window: 1000)
    wire.send(.client, at: 4, acknowledging: 7, window: 1000)
    wire.send(.server, at: 7, flags: [.fin, .ack], acknowledging: 4, window: 1000)
    wire.send(.client, at: 4, flags: [.fin, .ack], acknowledging: 8, window: 1000)
    wire.send(.server, at: 8, acknowledging: 5, window: 1000)
  }

  static var plain: [String] {
    var wire = talk
    wire.time += 0.001
    finish(&wire)
    return facts(Transcript.of(wire.packets))
  }

  /// What was said, without the numbers of the packets.
  static func facts(_ transcript: Transcript) -> [String] {
    transcript.lines.map { String($0.prefix { $0 != "#" }) }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var side = Side.server
    var offset: Int64
    var text = ""
    var flags: TCPFlags = .ack
    var acknowledging: Int64 = 4
    var isReset: Bool { flags.contains(.rst) }
  }

  static let rows = [
    Row(testDescription: "data", offset: 2000, text: "forged"),
    Row(testDescription: "data behind half of the numbers", offset: -(1 << 30), text: "forged"),
    Row(testDescription: "data far ahead", offset: (1 << 30) + 5000, text: "forged"),
    Row(testDescription: "FIN", offset: 2000, flags: [.fin, .ack]),
    Row(testDescription: "FIN of the client", side: .client, offset: 5_000_000, flags: [.fin, .ack]),
    Row(testDescription: "data and FIN", offset: 70_000, text: "forged", flags: [.fin, .ack]),
    Row(testDescription: "RST", offset: 2000, flags: .rst),
    Row(
      testDescription: "RST with an acknowledgment", offset: 900_000, flags: [.rst, .ack], acknowledging: 500),
    Row(testDescription: "acknowledgment", offset: 4, acknowledging: 100_000),
    Row(testDescription: "acknowledgment far ahead", offset: 4, acknowledging: (1 << 30) + 5000),
    Row(testDescription: "acknowledgment from nowhere", offset: 1 << 29, acknowledging: 600),
    Row(
      testDescription: "data in the window with a wild acknowledgment", offset: 500, text: "x",
      acknowledging: 1 << 29),
    Row(testDescription: "SYN of the client", side: .client, offset: 77_000, flags: .syn),
    Row(testDescription: "SYN in the window", side: .client, offset: 4, flags: .syn),
    Row(testDescription: "SYN of the server", offset: 77_000, flags: .syn),
    Row(testDescription: "SYN-ACK", offset: 77_000, flags: [.syn, .ack], acknowledging: 77),
    Row(testDescription: "SYN and RST", offset: 77_000, flags: [.syn, .rst]),
  ]

  @Test(arguments: rows, [1, 3])
  func `a forged segment changes nothing and is counted`(_ row: Row, times: Int) {
    var wire = Self.talk
    wire.time += 0.001
    for _ in 0..<times {
      wire.send(row.side, at: row.offset, row.text, flags: row.flags, acknowledging: row.acknowledging)
    }
    Self.finish(&wire)
    let transcript = Transcript.of(wire.packets)
    #expect(Self.facts(transcript) == Self.plain)
    let counted = transcript.statistics
    let isSYN = row.flags.contains(.syn) && !row.isReset
    // The same SYN again is one attempt.
    #expect(counted.ignoredSYNs == (isSYN ? 1 : 0))
    #expect(counted.ignoredResets == (row.isReset ? UInt64(times) : 0))
    #expect(counted.outOfWindow == (isSYN || row.isReset ? 0 : UInt64(times)))
  }

  @Test(arguments: rows)
  func `a forged segment at the end of a capture changes nothing`(_ row: Row) {
    var wire = Self.talk
    let before = Self.facts(Transcript.of(wire.packets))
    wire.send(row.side, at: row.offset, row.text, flags: row.flags, acknowledging: row.acknowledging)
    #expect(Self.facts(Transcript.of(wire.packets)) == before)
  }

  /// Without a SYN windows may be scaled by 14 bits: what is 16 MB ahead is outside all the same.
  @Test(arguments: rows.filter { abs($0.offset) > 1 << 26 || $0.flags.contains(.syn) })
  func `a forged segment changes nothing of a connection whose beginning is missing`(_ row: Row) {
    var wire = Self.talk
    Self.finish(&wire)
    let plain = Self.facts(Transcript.of(Array(wire.packets.dropFirst(2))))
    var forged = Self.talk
    forged.time += 0.001
    forged.send(row.side, at: row.offset, row.text, flags: row.flags, acknowledging: row.acknowledging)
    Self.finish(&forged)
    #expect(Self.facts(Transcript.of(Array(forged.packets.dropFirst(2)))) == plain)
  }

  @Test func `a connection whose first captured segment is forged is found all the same`() {
    var wire = Wire()
    wire.send(.server, at: 1 << 29, "forged", acknowledging: 1 << 28)
    wire.send(.client, at: 500, "abc", acknowledging: 70)
    wire.send(.server, at: 70, "xyz", acknowledging: 503)
    wire.send(.client, at: 503, "def", acknowledging: 73)
    wire.send(.server, at: 73, "uvw", acknowledging: 506)
    wire.send(.client, at: 506, acknowledging: 76)
    let transcript = Transcript.of(wire.packets)
    let last = transcript.lines.filter { $0.hasPrefix("[2]") }
    #expect(last.contains { $0.hasPrefix("[2] server 0 xyz") })
    #expect(last.contains { $0.contains("uvw") } && last.contains { $0.contains("def") })
  }

  // MARK: RST in the window

  /// RFC 5961 §3: its receiver answers with a challenge ACK.
  @Test(arguments: [Side.client, .server], [0, 3, 5, 500, 1000] as [Int64])
  func `a reset that the connection survives is none`(side: Side, offset: Int64) {
    var wire = Self.talk
    wire.time += 0.001
    wire.send(side, at: offset, flags: .rst)
    Self.finish(&wire)
    let transcript = Transcript.of(wire.packets)
    #expect(Self.facts(transcript) == Self.plain)
    #expect(transcript.statistics.survivedResets == 1)
  }

  @Test(arguments: [0, 4] as [Int64])
  func `a reset that is answered with silence is one`(offset: Int64) {
    var wire = Self.talk
    wire.send(.server, at: offset, flags: .rst)
    wire.send(.client, at: 4, "late", acknowledging: 4)
    #expect(Transcript.of(wire.packets).lines.suffix(2) == ["server rst \(offset) #6", "closed ended"])
  }

  @Test func `a reset in the window does not end a connection that is silent for long`() {
    var wire = Self.talk
    wire.send(.server, at: 500, flags: .rst)
    wire.time += 60
    let plain = Self.plain
    Self.finish(&wire)
    let other = ConnectionTableTests.other(at: [1, 5, 10, 20, 30])
    let transcript = Transcript.of(TestPacket.merged([wire.packets, other]))
    let facts = Self.facts(transcript).filter { !$0.hasPrefix("[2]") }
    #expect(facts == plain)
  }

  /// One direction alone tells no window.
  @Test(
    arguments: [(1000, true), (1 << 20, true), ((1 << 20) + 10, false), (-1_100_000, false)]
      as [(Int64, Bool)])
  func `where one direction was captured a reset lies near its stream`(distance: Int64, isBelieved: Bool) {
    var wire = Wire()
    wire.send(.client, at: 500, "abc")
    wire.send(.client, at: 503 + distance, flags: .rst)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines.contains { $0.contains("rst") } == isBelieved)
    #expect(transcript.statistics.ignoredResets == (isBelieved ? 0 : 1))
  }

  @Test func `a sure reset is told rather than a doubtful one before it`() {
    var wire = Self.talk
    wire.send(.server, at: 600, flags: .rst)
    wire.send(.server, at: 4, flags: .rst)
    #expect(Transcript.of(wire.packets).lines.filter { $0.contains("rst") } == ["server rst 4 #7"])
  }

  @Test func `a reset that answers a SYN must acknowledge it`() {
    for (acknowledged, isBelieved) in [(0, true), (70, false)] as [(Int64, Bool)] {
      var wire = Wire()
      wire.send(.client, at: -1, flags: .syn)
      wire.send(.server, at: 70_000, flags: [.rst, .ack], acknowledging: acknowledged)
      let transcript = Transcript.of(wire.packets)
      #expect(transcript.lines.contains("server rst 0 #2") == isBelieved)
      #expect(transcript.statistics.ignoredResets == (isBelieved ? 0 : 1))
    }
  }

  // MARK: FIN in the window

  @Test func `a FIN ahead of a sender that goes on before it is none`() {
    var wire = Self.talk
    wire.send(.server, at: 500, flags: [.fin, .ack], acknowledging: 4)
    wire.time += 1
    wire.send(.server, at: 4, acknowledging: 4, window: 1000)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.finOffsets(.server) == [])
    #expect(transcript.gaps(.server) == [])
    #expect(transcript.statistics.outOfWindow == 1)
  }

  @Test func `bytes behind a FIN that waits show that it is none`() {
    var wire = Self.talk
    wire.send(.server, at: 6, flags: [.fin, .ack], acknowledging: 4)
    wire.send(.server, at: 4, "more and more", acknowledging: 4)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "0123more and more")
    #expect(transcript.finOffsets(.server) == [])
  }

  @Test func `a FIN left of the window is none`() {
    var wire = Self.talk
    wire.send(.server, at: 2, flags: [.fin, .ack], acknowledging: 4)
    wire.send(.server, at: 4, "more", acknowledging: 4)
    #expect(Transcript.of(wire.packets).finOffsets(.server) == [])
  }

  @Test func `bytes behind a FIN that was told are nobody's`() {
    var wire = Self.talk
    wire.send(.server, at: 4, flags: [.fin, .ack], acknowledging: 4)
    wire.send(.client, at: 4, acknowledging: 5)
    wire.send(.server, at: 100, "forged", acknowledging: 4)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.gaps(.server) == [])
    #expect(transcript.text(.server) == "0123")
  }

  // MARK: Lost packets make true segments look forged

  @Test func `bytes beyond the window are believed when their receiver acknowledges them`() {
    var wire = Self.talk
    wire.send(.server, at: 5000, "later", acknowledging: 4)
    wire.send(.client, at: 4, acknowledging: 5005, window: 1000)
    let transcript = Transcript.of(wire.packets)
    #expect(
      transcript.lines(.server).suffix(3) == [
        "server gap 4..<5000 notCaptured #7", "server 5000 later #6", "server acknowledged 5005 #7",
      ])
    #expect(transcript.statistics.outOfWindow == 0)
  }

  @Test func `an acknowledgment beyond the window is believed when its bytes come`() {
    var wire = Self.talk
    wire.send(.client, at: 4, acknowledging: 5005, window: 1000)
    wire.send(.server, at: 5000, "later", acknowledging: 4)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "0123later")
    #expect(transcript.lines(.server).last == "server acknowledged 5005 #6")
  }

  @Test func `a run of segments beyond the window is believed`() {
    var wire = Self.talk
    for index: Int64 in 0..<4 { wire.send(.server, at: 5000 + index * 3, "abc", acknowledging: 4) }
    #expect(Transcript.of(wire.packets).text(.server) == "0123abcabcabcabc")
  }

  @Test func `two segments beyond the window are not enough`() {
    var wire = Self.talk
    wire.send(.server, at: 5000, "abc", acknowledging: 4)
    wire.send(.server, at: 5003, flags: [.fin, .ack], acknowledging: 4)
    #expect(
      Transcript.of(wire.packets).lines(.server).allSatisfy { !$0.contains("gap") && !$0.contains("fin") })
  }

  @Test func `acknowledgments beyond the window are believed when there are many and no other`() {
    var wire = Self.talk
    for index: Int64 in 0..<4 { wire.send(.client, at: 4, acknowledging: 5000 + index * 500, window: 1000) }
    #expect(Transcript.of(wire.packets).gaps(.server) == [4..<6500])
  }

  @Test(
    arguments: [
      (1, "x", 4, 1), (4, "x", 4, 0), (1, "", 5000, 1), (3, "", 5000, 3), (4, "", 5000, 0),
    ] as [(UInt64, String, Int64, UInt64)])
  func `what is kept aside is counted, whether it is believed or not`(
    times: UInt64, text: String, acknowledging: Int64, unconfirmed: UInt64
  ) {
    var wire = Self.talk
    for index in 0..<Int64(times) {
      wire.send(
        .client, at: text.isEmpty ? 4 : 5000 + index, text, acknowledging: acknowledging, window: 1000)
    }
    let counted = Transcript.of(wire.packets).statistics
    #expect(counted.doubtful == times)
    #expect(counted.outOfWindow == unconfirmed)
  }

  @Test func `bytes that follow need no window: it is the acknowledgment that is missing`() {
    var wire = Self.talk
    for index: Int64 in 0..<30 {
      wire.send(.server, at: 4 + index * 100, String(repeating: "x", count: 100), acknowledging: 4)
    }
    #expect(Transcript.of(wire.packets).text(.server).count == 3004)
  }

  @Test func `a scaled window is as large as both SYNs say`() {
    for (scales, isIn) in [
      ((WindowScale.shift(7), WindowScale.shift(2)), true), ((.shift(7), .absent), false),
      ((.absent, .shift(7)), false), ((.shift(3), .shift(7)), false),
    ] {
      var wire = Wire()
      wire.send(.client, at: -1, flags: .syn, windowScale: scales.0)
      wire.send(.server, at: -1, flags: [.syn, .ack], window: 1000, windowScale: scales.1)
      wire.send(.client, at: 0, "abc", window: 1000)
      wire.send(.server, at: 100_000, "later", acknowledging: 3)
      #expect((Transcript.of(wire.packets).text(.server) == "later") == isIn)
    }
  }

  @Test func `what is set aside is bounded`() {
    let options = HeldLimitTests.options { $0.maxTotalHeldBytes = 20_000 }
    var wire = Self.talk
    for index: Int64 in 0..<100 {
      wire.send(.server, at: 5000 + index * 9000, String(repeating: "x", count: 8000), acknowledging: 4)
    }
    wire.send(.server, at: 4, "more", acknowledging: 4)
    let transcript = Transcript.of(wire.packets, options: options)
    #expect(transcript.text(.server) == "0123more")
    #expect(transcript.statistics.outOfWindow == 100)
    #expect(transcript.gaps(.server) == [])
  }
}
