import Streams
import TestSupport
import Testing

/// FIN and RST: where they lie, and when a connection is over.
@Suite struct ConnectionEndTests {
  @Test func `a FIN lies behind the last byte`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.fin(.client, at: 3)
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 abc #4", "client fin 3 #5"])
  }

  @Test func `a FIN on data lies behind that data`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc", flags: [.psh, .ack, .fin])
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 abc #4", "client fin 3 #4"])
  }

  @Test func `a FIN on a cut segment lies behind what was on the wire`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "a", length: 3, flags: [.ack, .fin])
    #expect(Transcript.of(wire.packets).finOffsets(.client) == [3])
  }

  @Test func `a FIN of a stream without bytes lies at 0`() {
    var wire = Wire.opened
    wire.fin(.server, at: 0)
    #expect(Transcript.of(wire.packets).finOffsets(.server) == [0])
  }

  @Test func `a FIN waits for the bytes before it and keeps its packet`() {
    var wire = Wire.opened
    wire.fin(.client, at: 6)
    wire.send(.client, at: 3, "def")
    #expect(Transcript.of(wire.packets, finishes: false).lines(.client) == [])
    wire.send(.client, at: 0, "abc")
    #expect(
      Transcript.of(wire.packets).lines(.client) == ["client 0 abc #6", "client 3 def #5", "client fin 6 #4"])
  }

  @Test func `a FIN that is sent again is told once`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc", flags: [.ack, .fin])
    wire.fin(.client, at: 3)
    wire.send(.client, at: 0, "abc", flags: [.ack, .fin])
    wire.send(.client, at: 1, "bc")
    wire.fin(.client, at: 3)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.finOffsets(.client) == [3])
    #expect(transcript.text(.client) == "abc")
  }

  @Test func `a side may send after the other's FIN`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.send(.server, at: 0, "last words", acknowledging: 1)
    wire.fin(.server, at: 10)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "last words")
    #expect(transcript.finOffsets(.server) == [10])
  }

  @Test func `a connection has ended when both FINs were acknowledged`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.fin(.server, at: 0, acknowledging: 1)
    #expect(Transcript.of(wire.packets).lines.last == "closed captureEnded")
    wire.send(.client, at: 1, acknowledging: 1)
    #expect(Transcript.of(wire.packets).lines.last == "closed ended")
  }

  @Test func `a connection has ended after a reset`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.rst(.server, at: 0)
    #expect(
      Transcript.of(wire.packets).lines == [
        "opened", "client 0 abc #4", "server rst 0 #5", "closed ended",
      ])
  }

  @Test func `a reset does not wait for missing bytes`() {
    var wire = Wire.opened
    wire.send(.client, at: 3, "def")
    wire.rst(.client, at: 6)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client rst 6 #5", "client gap 0..<3 notCaptured #5", "client 3 def #4",
      ])
  }

  @Test func `a reset of each side is told once`() {
    var wire = Wire.opened
    wire.rst(.client, at: 0)
    wire.rst(.client, at: 0)
    wire.rst(.server, at: 0)
    wire.rst(.client, at: 0)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines == ["opened", "client rst 0 #4", "server rst 0 #6", "closed ended"])
    #expect(transcript.statistics.ignoredResets == 0)
  }

  @Test func `a refused connection ends with a reset at 0`() {
    var wire = Wire()
    wire.send(.client, at: -1, flags: .syn)
    wire.send(.server, at: 70_000, flags: [.rst, .ack])
    #expect(Transcript.of(wire.packets).lines == ["opened", "server rst 0 #2", "closed ended"])
  }

  /// RFC 9293 §3.10.7.4 lets it explain itself; that is no part of the stream.
  @Test func `the payload of a reset is not delivered`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 3, "no more", flags: [.rst, .ack])
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 abc #4", "client rst 3 #5"])
  }

  /// Where a reset lies in a stream of which 100 bytes were sent and acknowledged, and if it is believed.
  static let resets: [(Int64, Bool)] = [
    (0, true), (99, true), (100, true), (101, true), (65_635, true), (-1, false), (-100_000, false),
    (1 << 30, false), (-(1 << 30), false), (1 << 31, false),
  ]

  @Test(arguments: resets)
  func `a reset outside the window is ignored and counted`(offset: Int64, isBelieved: Bool) {
    var wire = Wire.opened
    wire.send(.client, at: 0, String(repeating: "a", count: 100))
    wire.acknowledge(.server, 100)
    wire.rst(.client, at: offset)
    wire.send(.client, at: 100, "more")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines.contains("client rst \(offset) #6") == isBelieved)
    #expect(transcript.statistics.ignoredResets == (isBelieved ? 0 : 1))
    #expect(transcript.lines.last == (isBelieved ? "closed ended" : "closed captureEnded"))
    #expect(transcript.text(.client).hasSuffix("amore"))
  }

  @Test func `a reset that is ignored acknowledges nothing`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.server, at: 1 << 30, flags: [.rst, .ack], acknowledging: 3)
    #expect(Transcript.of(wire.packets).lines(.client) == ["client 0 abc #4"])
  }

  @Test func `a reset long after the last captured byte tells that bytes are missing`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.rst(.client, at: 5000)
    #expect(
      Transcript.of(wire.packets).lines(.client)
        == ["client 0 abc #4", "client rst 5000 #5", "client gap 3..<5000 notCaptured #5"])
  }
}
