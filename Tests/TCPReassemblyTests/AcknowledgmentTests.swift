import Streams
import TestSupport
import Testing

@Suite struct AcknowledgmentTests {
  /// The acknowledgments of the client's bytes: the offset, and the number of the packet that said so.
  static func acknowledged(_ transcript: Transcript) -> [[UInt64]] {
    transcript.events.compactMap {
      if case .acknowledged(.client, let upTo, let packet) = $0 { [upTo, packet.number] } else { nil }
    }
  }

  @Test func `an acknowledgment follows the bytes it covers`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.acknowledge(.server, 3)
    #expect(
      Transcript.of(wire.packets, finishes: false).lines(.client) == [
        "client 0 abc #4", "client acknowledged 3 #5",
      ])
  }

  @Test func `an acknowledgment captured before its bytes follows them and keeps its packet`() {
    var wire = Wire.opened
    wire.acknowledge(.server, 3)
    wire.send(.client, at: 0, "abc")
    #expect(
      Transcript.of(wire.packets, finishes: false).lines(.client) == [
        "client 0 abc #5", "client acknowledged 3 #4",
      ])
  }

  @Test func `the handshake acknowledges no bytes`() {
    #expect(Self.acknowledged(Transcript.of(Wire.opened.packets)) == [])
  }

  @Test func `the first packet that covers an offset is named`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abcdef")
    for offset: Int64 in [0, 2, 2, 1, 6, 6, 3] { wire.acknowledge(.server, offset) }
    #expect(Self.acknowledged(Transcript.of(wire.packets)) == [[2, 6], [6, 9]])
  }

  @Test func `data acknowledges too`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.server, at: 0, "answer", acknowledging: 3)
    #expect(Self.acknowledged(Transcript.of(wire.packets)) == [[3, 5]])
  }

  @Test func `a segment without the ACK bit acknowledges nothing`() {
    var wire = Wire(clientISN: .max - 100)  // its acknowledgment field of 0 would be offset 100
    wire.open()
    wire.send(.client, at: 0, String(repeating: "a", count: 100))
    wire.send(.server, at: 0, "answer", flags: .psh)
    #expect(Self.acknowledged(Transcript.of(wire.packets)) == [])
  }

  @Test func `acknowledgments that wait for one segment come out in order`() {
    var wire = Wire.opened
    wire.send(.client, at: 3, "defghi")
    for offset: Int64 in [3, 5, 9] { wire.acknowledge(.server, offset) }
    wire.send(.client, at: 0, "abc")
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #8", "client 3 defghi #4", "client acknowledged 3 #5", "client acknowledged 5 #6",
        "client acknowledged 9 #7",
      ])
  }

  @Test func `acknowledgments that wait are bounded and the highest is kept`() {
    var wire = Wire.opened
    wire.send(.client, at: 1, String(repeating: "a", count: 999))
    for offset: Int64 in 1...1000 { wire.acknowledge(.server, offset) }
    wire.send(.client, at: 0, "a")
    let acknowledged = Self.acknowledged(Transcript.of(wire.packets))
    #expect(acknowledged.count <= 64)
    #expect(acknowledged.first == [1, 5])
    #expect(acknowledged.last == [1000, 1004])
  }

  @Test func `an acknowledgment inside a gap follows the gap`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: 6, "ghi")
    wire.acknowledge(.server, 4)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #4", "client gap 3..<6 notCaptured #6", "client 6 ghi #5", "client acknowledged 4 #6",
      ])
  }

  @Test func `the acknowledgment of a FIN is one more than its offset`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc", flags: [.psh, .ack, .fin])
    wire.acknowledge(.server, 3)
    wire.acknowledge(.server, 4)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #4", "client fin 3 #4", "client acknowledged 3 #5", "client acknowledged 4 #6",
      ])
  }

  @Test func `the acknowledgment of a FIN captured before the FIN waits for it`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.acknowledge(.server, 4)
    wire.fin(.client, at: 3)
    #expect(
      Transcript.of(wire.packets).lines(.client) == [
        "client 0 abc #4", "client fin 3 #6", "client acknowledged 4 #5",
      ])
  }

  @Test func `a reset acknowledges what its sender had`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    wire.send(.server, at: 0, flags: [.rst, .ack], acknowledging: 3)
    #expect(Self.acknowledged(Transcript.of(wire.packets)) == [[3, 5]])
  }

  @Test func `a window is told when it closes and when it opens`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    for window: UInt16 in [100, 0, 0, 1, 2, 0] { wire.send(.server, at: 0, acknowledging: 3, window: window) }
    #expect(
      Transcript.of(wire.packets).lines(.client).filter { $0.contains("window") } == [
        "client window closed #6", "client window open #8", "client window closed #10",
      ])
  }

  @Test func `the window of a reset means nothing`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, flags: [.rst, .ack], window: 0)
    wire.send(.server, at: 0, flags: .rst, window: 0)
    #expect(!Transcript.of(wire.packets).lines.contains { $0.contains("window") })
  }
}
