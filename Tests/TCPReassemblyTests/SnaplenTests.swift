import Streams
import TestSupport
import Testing

/// Packets of which the capture holds only the beginning.
@Suite struct SnaplenTests {
  @Test func `what was cut off is a gap and what follows is in its place`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc", length: 10)
    wire.send(.client, at: 10, "klm", length: 3)
    wire.send(.client, at: 13, "", length: 5)
    wire.acknowledge(.server, 18)
    wire.fin(.client, at: 18)
    #expect(
      Transcript.of(wire.packets).lines == [
        "opened", "client 0 abc #4", "client gap 3..<10 truncated #4", "client 10 klm #5",
        "client gap 13..<18 truncated #6", "client acknowledged 18 #7", "client fin 18 #8",
        "closed captureEnded",
      ])
  }

  @Test func `a cut segment waits for the one before it`() {
    var wire = Wire.opened
    wire.send(.client, at: 4, "ef", length: 4)
    wire.send(.client, at: 8, "ij", length: 2)
    wire.send(.client, at: 0, "a", length: 4)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 a #6", "client gap 1..<4 truncated #6", "client 4 ef #4", "client gap 6..<8 truncated #4",
        "client 8 ij #5",
      ])
  }

  @Test func `a cut segment behind a hole gives both gaps`() {
    var wire = Wire.opened
    wire.send(.client, at: 4, "ef", length: 4)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client gap 0..<4 notCaptured #4", "client 4 ef #4", "client gap 6..<8 truncated #4",
      ])
  }

  /// How many of the bytes 2..<8 of "cdefgh" were captured, after 0..<4, and what becomes of 4..<8.
  static let overlaps: [(String, [String])] = [
    ("cdefgh", ["client 4 efgh #5"]), ("cdefg", ["client 4 efg #5", "client gap 7..<8 truncated #5"]),
    ("cde", ["client 4 e #5", "client gap 5..<8 truncated #5"]), ("cd", ["client gap 4..<8 truncated #5"]),
    ("c", ["client gap 4..<8 truncated #5"]), ("", ["client gap 4..<8 truncated #5"]),
  ]

  @Test(arguments: overlaps)
  func `a cut segment that repeats bytes gives its new ones`(captured: String, expected: [String]) {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abcd")
    wire.send(.client, at: 2, captured, length: 6)
    #expect(
      Transcript.of(wire.packets).lines(.client)
        == ["client 0 abcd #4", "client repeated 2..<4 #5"] + expected)
  }

  @Test(arguments: overlaps)
  func `a cut segment ahead that repeats held bytes gives its new ones`(captured: String, expected: [String])
  {
    var wire = Wire.opened
    wire.send(.client, at: 1, "bcd")
    wire.send(.client, at: 2, captured, length: 6)
    wire.send(.client, at: 0, "a")
    #expect(
      Transcript.of(wire.packets).lines(.client)
        == ["client repeated 2..<4 #5", "client 0 a #6", "client 1 bcd #4"] + expected)
  }

  @Test(arguments: [0, 1, 2, 5, 100])
  func `any snaplen leaves every captured byte at its offset`(snaplen: Int) {
    var conversation = Conversation()
    conversation.open()
    let text = Array("The quick brown fox jumps over the lazy dog".utf8)
    for length in 1...40 {
      conversation.send(length % 3 == 0 ? .client : .server, Array(text.prefix(length)))
    }
    conversation.finish(.server)
    let whole = Transcript.of(conversation.packets)
    let cut = Transcript.of(conversation.packets.snapped(to: snaplen))
    for side in [Side.client, .server] {
      let bytes = Array(whole.text(side).utf8)
      var missing = Set(bytes.indices)
      for case .bytes(let delivered, let chunk) in cut.entries where chunk.side == side {
        let range = Int(chunk.offset)..<Int(chunk.offset) + delivered.count
        #expect(delivered == Array(bytes[range]))
        missing.subtract(range)
      }
      #expect(Set(cut.gaps(side).flatMap { $0.map { Int($0) } }) == missing)
      #expect(cut.finOffsets(side) == [UInt64(bytes.count)])
    }
    #expect(cut.lines.contains { $0.contains("notCaptured") } == false)
  }
}
