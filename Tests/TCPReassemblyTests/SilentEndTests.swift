import Streams
import TestSupport
import Testing

/// Connections whose end the capture does not show in full: they are not open until they are idle for an hour.
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
    return transcript.entries.filter { $0.connection.serial == 1 }.map(\.line).filter {
      !$0.contains(" began ")
    }
  }

  /// The server's FIN, at its offset 5, is not in the capture; the client's is, and both are acknowledged.
  static func lackingFIN(of bytes: Int64 = 1) -> Wire {
    var wire = Wire.opened
    wire.send(.server, at: 0, "hello")
    wire.fin(.client, at: 0, acknowledging: 5)
    wire.send(.server, at: 5 + bytes, acknowledging: 1)
    wire.send(.client, at: 1, acknowledging: 5 + bytes)
    return wire
  }

  @Test func `a FIN that was acknowledged and not captured ends its connection`() {
    let wire = Self.lackingFIN()
    #expect(
      Self.lines(of: wire, silentFor: 3).suffix(2) == [
        "server acknowledged 6 #7", "closed ended",
      ])
    #expect(!Self.lines(of: wire, silentFor: 1.8).contains { $0.hasPrefix("closed") })
  }

  @Test func `more bytes than a FIN end none`() {
    #expect(!Self.lines(of: Self.lackingFIN(of: 2), silentFor: 60).contains { $0.hasPrefix("closed") })
  }

  @Test func `bytes behind a missing one are no end`() {
    var wire = Self.lackingFIN()
    wire.time += 1.5
    wire.send(.server, at: 6, "more", acknowledging: 1)
    #expect(!Self.lines(of: wire, silentFor: 60).contains { $0.hasPrefix("closed") })
  }

  @Test func `a missing byte without a FIN is no end`() {
    var wire = Wire.opened
    wire.send(.client, at: 1, "bc")
    wire.acknowledge(.server, 3)
    wire.send(.server, at: 1, "bc", acknowledging: 3)
    wire.send(.client, at: 3, acknowledging: 4)
    #expect(!Self.lines(of: wire, silentFor: 60).contains { $0.hasPrefix("closed") })
  }

  @Test func `both FINs end a connection when the last acknowledgment was not captured`() {
    var wire = Wire.opened
    wire.fin(.client, at: 0)
    wire.fin(.server, at: 0, acknowledging: 1)
    #expect(Self.lines(of: wire, silentFor: 5).last == "closed ended")
    #expect(!Self.lines(of: wire, silentFor: 2.9).contains { $0.hasPrefix("closed") })
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
    for delay in [0.2, 0.4, 0.8, 1.6, 3.2, 6.4] {
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
