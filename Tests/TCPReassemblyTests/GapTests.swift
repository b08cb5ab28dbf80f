import Limits
import Streams
import TCPReassembly
import TestSupport
import Testing

/// What was on the wire and is not in the capture.
@Suite struct GapTests {
  /// Bytes 3..<6 are missing; 6..<9 are there. Its last packet is the fifth.
  static var holed: Wire {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 6, "ghi")
    return wire
  }

  @Test func `a missing segment is waited for until the capture ends`() {
    var wire = Self.holed
    wire.wait(100)
    #expect(Transcript.of(wire.packets, finishes: false).lines(.client) == ["client 0 abc #4"])
    #expect(
      Transcript.of(wire.packets).lines == [
        "opened", "client 0 abc #4", "client gap 3..<6 notCaptured #6", "client 6 ghi #5",
        "closed captureEnded",
      ])
  }

  @Test func `a missing segment that its receiver has is given up when patience has passed`() {
    var wire = Self.holed
    wire.acknowledge(.server, 9)
    wire.wait(0.5)
    wire.wait(0.4)
    #expect(Transcript.of(wire.packets, finishes: false).lines(.client) == ["client 0 abc #4"])
    wire.wait(0.2)
    #expect(
      Transcript.of(wire.packets, finishes: false).lines(.client) == [
        "client 0 abc #4", "client gap 3..<6 notCaptured #9", "client 6 ghi #5", "client acknowledged 9 #6",
      ])
  }

  @Test func `patience is that of the options`() {
    var options = Limits()
    options.reorderPatience = 10
    var wire = Self.holed
    wire.acknowledge(.server, 9)
    wire.wait(9.5)
    #expect(Transcript.of(wire.packets, options: options, finishes: false).gaps(.client) == [])
    wire.wait(0.6)
    #expect(Transcript.of(wire.packets, options: options, finishes: false).gaps(.client) == [3..<6])
  }

  /// The acknowledged offset, and whether it shows that the receiver has 3..<6.
  static let acknowledgments: [(Int64, Bool)] = [(3, false), (4, false), (5, false), (6, true), (9, true)]

  @Test(arguments: acknowledgments)
  func `a missing segment is given up only if all of it was acknowledged`(offset: Int64, isGivenUp: Bool) {
    var wire = Self.holed
    wire.acknowledge(.server, offset)
    wire.wait(2)
    wire.wait(2)
    #expect(Transcript.of(wire.packets, finishes: false).gaps(.client) == (isGivenUp ? [3..<6] : []))
  }

  @Test func `a missing segment that comes while it is waited for fills the hole`() {
    var wire = Self.holed
    wire.acknowledge(.server, 9)
    wire.time += 0.9
    wire.send(.client, at: 3, "def")
    wire.wait(5)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #4", "client 3 def #7", "client 6 ghi #5", "client acknowledged 9 #6",
      ])
  }

  @Test func `what comes after it was given up is not delivered`() {
    var wire = Self.holed
    wire.acknowledge(.server, 9)
    wire.wait(2)
    wire.send(.client, at: 3, "def")
    wire.send(.client, at: 9, "jkl")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abcghijkl")
    #expect(transcript.gaps(.client) == [3..<6])
  }

  @Test func `the part of a hole that arrived is no gap`() {
    var wire = Self.holed
    wire.send(.client, at: 4, "e")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == "abceghi")
    #expect(transcript.gaps(.client) == [3..<4, 5..<6])
  }

  @Test func `each of two holes is waited for`() {
    var wire = Self.holed
    wire.send(.client, at: 12, "mno")
    wire.acknowledge(.server, 15)
    wire.wait(1.1)
    #expect(Transcript.of(wire.packets, finishes: false).gaps(.client) == [3..<6])
    wire.wait(1.1)
    wire.wait(1.1)
    let transcript = Transcript.of(wire.packets, finishes: false)
    #expect(transcript.gaps(.client) == [3..<6, 9..<12])
    #expect(transcript.text(.client) == "abcghimno")
  }

  @Test func `bytes that were never captured are a gap when they were acknowledged`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, "abc")
    wire.acknowledge(.client, 8)
    wire.wait(1.1)
    #expect(
      Transcript.of(wire.packets, finishes: false).lines(.server) == [
        "server 0 abc #4", "server gap 3..<8 notCaptured #6", "server acknowledged 8 #5",
      ])
  }

  @Test func `bytes that were never captured are a gap at the end of the capture`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, "abc")
    wire.acknowledge(.client, 2)
    wire.acknowledge(.client, 8)
    #expect(
      Transcript.of(wire.packets).lines(.server) == [
        "server 0 abc #4", "server acknowledged 2 #5", "server gap 3..<8 notCaptured #6",
        "server acknowledged 8 #6",
      ])
  }

  @Test func `a stream of which nothing was captured is one gap`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc", acknowledging: 1000)
    wire.wait(2)
    let transcript = Transcript.of(wire.packets, finishes: false)
    #expect(
      transcript.lines(.server) == ["server gap 0..<1000 notCaptured #5", "server acknowledged 1000 #4"])
  }

  @Test func `bytes missing in front of a FIN are a gap in front of it`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.fin(.client, at: 9)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #4", "client gap 3..<9 notCaptured #5", "client fin 9 #5",
      ])
    wire.acknowledge(.server, 10)
    wire.wait(1.1)
    #expect(
      Transcript.of(wire.packets, finishes: false).lines(.client) == [
        "client 0 abc #4", "client gap 3..<9 notCaptured #7", "client fin 9 #5", "client acknowledged 10 #6",
      ])
  }

  @Test func `a hole in one stream does not hold up the other`() {
    var wire = Self.holed
    wire.send(.server, at: 0, "answer")
    wire.send(.server, at: 6, "!")
    let transcript = Transcript.of(wire.packets, finishes: false)
    #expect(transcript.text(.server) == "answer!")
    #expect(transcript.text(.client) == "abc")
  }

  // MARK: What numbers alone tell

  @Test func `an empty segment behind missing bytes tells of them`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 8, "")
    #expect(Transcript.of(wire.packets).gaps(.client) == [3..<8])
  }

  @Test func `a stream whose SYN-ACK is missing begins where the first ACK says`() {
    var wire = Wire()
    wire.send(.client, at: -1, "", flags: [.syn])
    wire.send(.client, at: 0, "", acknowledging: 0)
    wire.send(.server, at: 5, "fghi")
    #expect(Transcript.of(wire.packets).gaps(.server) == [0..<5])
  }

  /// How many bytes are missing nobody knows: one stands for them.
  @Test func `a stream whose beginning is missing does not seem to begin with what came first`() {
    var wire = Wire()
    wire.send(.client, at: -1, "", flags: [.syn])
    wire.send(.client, at: 200, "xyz", acknowledging: 100)
    wire.send(.server, at: 100, "fghi")
    #expect(
      Transcript.of(wire.packets).lines(.server) == [
        "server gap 0..<1 notCaptured #3", "server acknowledged 1 #2", "server 1 fghi #3",
      ])
  }
}
