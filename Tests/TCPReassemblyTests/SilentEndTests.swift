import Streams
import TestSupport
import Testing

/// Connections whose end the capture does not show in full: they are not open until they have been idle for an hour.
@Suite struct SilentEndTests {
  /// What is told of a connection within so many seconds of silence; another one goes on.
  static func lines(of wire: Wire, silentFor seconds: Double) -> [String] {
    var other = Wire(client: "10.9.1.3:40000", at: wire.time)
    other.open()
    var offset: Int64 = 0
    while other.time < wire.time + seconds {
      other.send(.client, at: offset, "a")
      other.acknowledge(.server, offset + 1)
      offset += 1
      other.time += 0.1
    }
    let transcript = Transcript.of(TestPacket.numbered(wire.packets + other.packets), finishes: false)
    return transcript.entries.filter { $0.connection.serial == 1 }.map(\.line)
  }

  /// Within how many seconds of silence it is told that a connection has ended; `nil` if not within two minutes.
  static func end(of wire: Wire) -> Double? {
    [1, 2.5, 5, 9, 12, 20, 29, 33, 60, 120].first {
      lines(of: wire, silentFor: $0).last == "closed ended"
    }
  }

  /// The packet in which the server acknowledges the client's FIN and sends its own, if it is one, is not in the capture.
  ///
  /// - Parameter bytes: in it, with the FIN.
  static func lackingFIN(of bytes: Int64 = 1, repeatsAcknowledgment: Bool = true) -> Wire {
    var wire = Wire.opened
    wire.send(.server, at: 0, "hello")
    wire.fin(.client, at: 0, acknowledging: 5)
    if repeatsAcknowledgment { wire.send(.server, at: 5 + bytes, acknowledging: 1) }
    wire.send(.client, at: 1, acknowledging: 5 + bytes)
    return wire
  }

  @Test(arguments: [true, false])
  func `a FIN that was acknowledged and not captured ends its connection`(repeatsAcknowledgment: Bool) {
    let wire = Self.lackingFIN(repeatsAcknowledgment: repeatsAcknowledgment)
    #expect(Self.end(of: wire) == 5)
    let number = repeatsAcknowledgment ? 7 : 6
    #expect(
      Self.lines(of: wire, silentFor: 5).suffix(3) == [
        "server gap 5..<6 notCaptured #\(number)", "server acknowledged 6 #\(number)", "closed ended",
      ])
  }

  @Test func `a missing packet that may have had the FIN ends its connection later`() {
    #expect(Self.end(of: Self.lackingFIN(of: 9)) == 33)
    #expect(Self.end(of: Self.lackingFIN(of: 9, repeatsAcknowledgment: false)) == 33)
  }

  @Test func `bytes behind the missing ones are no end`() {
    for bytes: Int64 in [1, 9] {
      var wire = Self.lackingFIN(of: bytes)
      wire.time += 2
      wire.send(.server, at: 5 + bytes, "more", acknowledging: 1)
      #expect(Self.end(of: wire) == nil)
    }
  }

  @Test func `a side that goes on when the other one has left has not ended`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.send(.server, at: 0, "hello", acknowledging: 1)
    wire.send(.client, at: 1, acknowledging: 5)
    #expect(Self.end(of: wire) == nil)
  }

  @Test func `a missing byte without a FIN is no end`() {
    var wire = Wire.opened
    wire.send(.client, at: 1, "bc")
    wire.acknowledge(.server, 3)
    wire.send(.server, at: 1, "bc", acknowledging: 3)
    wire.send(.client, at: 3, acknowledging: 4)
    #expect(Self.end(of: wire) == nil)
  }

  @Test func `bytes that are missing before a FIN do not keep its connection`() {
    var wire = Wire.opened
    wire.send(.client, at: 3, "def")
    wire.fin(.client, at: 6)
    wire.fin(.server, at: 0, acknowledging: 7)
    wire.send(.client, at: 7, acknowledging: 1)
    #expect(Self.end(of: wire) == 5)
    #expect(Self.lines(of: wire, silentFor: 5).contains { $0.hasPrefix("client gap 0..<3 notCaptured") })
  }

  @Test func `bytes that come late are not given up sooner`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, "hello")
    wire.fin(.client, at: 0, acknowledging: 9)
    wire.time += 8
    wire.send(.server, at: 5, "late", acknowledging: 1)
    #expect(Self.lines(of: wire, silentFor: 1).contains("server 5 late #6"))
  }

  @Test func `both FINs end a connection when the last acknowledgment was not captured`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.fin(.server, at: 0, acknowledging: 1)
    #expect(Self.end(of: wire) == 5)
  }

  @Test func `bytes that were not acknowledged are waited for`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.send(.server, at: 0, "bye", flags: [.fin, .ack], acknowledging: 1)
    #expect(Self.end(of: wire) == 12)
    wire.time += 5
    wire.send(.server, at: 0, "bye", flags: [.fin, .ack], acknowledging: 1)
    #expect(Self.end(of: wire) == 29)
  }

  @Test func `another connection between the same ends begins with its SYN`() {
    var wire = Self.lackingFIN()
    wire.time += 30
    var next = Wire(clientISN: 900_000, serverISN: 700_000, at: wire.time)
    next.open()
    next.send(.client, at: 0, "again")
    let transcript = Transcript.of(TestPacket.numbered(wire.packets + next.packets))
    #expect(transcript.connections.map(\.openedAt.number) == [1, 8])
    #expect(transcript.statistics.outOfWindow == 0)
  }

  @Test func `a FIN that is sent again and again is waited for`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    for delay in [0.4, 0.8, 1.6, 3.2, 6.4, 12.8] {
      wire.fin(.server, at: 0, acknowledging: 1)
      wire.time += delay
    }
    wire.send(.client, at: 1, acknowledging: 1)
    #expect(Self.lines(of: wire, silentFor: 3).suffix(2) == ["server acknowledged 1 #11", "closed ended"])
  }
}

extension Transcript.Entry {
  fileprivate var connection: ConnectionID {
    switch self {
    case .bytes(_, let chunk): chunk.connection
    case .event(_, let connection): connection
    }
  }
}
