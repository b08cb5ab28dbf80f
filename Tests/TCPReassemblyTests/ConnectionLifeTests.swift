import Capture
import Streams
import TestSupport
import Testing

/// When a connection begins, who is who in it, and when its ports are another's.
@Suite struct ConnectionLifeTests {
  static func began(_ transcript: Transcript) -> [String] {
    transcript.entries.map(\.line).filter { $0.contains(" began ") }
  }

  @Test func `the side that sends the SYN is the client`() throws {
    var wire = Wire(client: "10.9.1.1:80", server: "10.9.1.2:40000")
    wire.open()
    let transcript = Transcript.of(wire.packets)
    let connection = try #require(transcript.connections.first)
    #expect(connection.client == Endpoint(text: "10.9.1.1:80"))
    #expect(connection.server == Endpoint(text: "10.9.1.2:40000"))
    #expect(connection.sawStart)
    #expect(connection.openedAt.number == 1)
    #expect(Self.began(transcript) == ["client began 1001", "server began 5001"])
  }

  @Test func `a SYN-ACK opens a connection whose SYN is missing`() throws {
    var wire = Wire(client: "10.9.1.1:80", server: "10.9.1.2:40000")
    wire.open()
    wire.send(.client, at: 0, "abc")
    let transcript = Transcript.of(Array(wire.packets.dropFirst()))
    let connection = try #require(transcript.connections.first)
    #expect(connection.client == Endpoint(text: "10.9.1.1:80"))
    #expect(connection.sawStart)
    #expect(Self.began(transcript) == ["server began 5001", "client began 1001"])
    #expect(transcript.lines(.client) == ["client 0 abc #4"])
  }

  @Test func `a SYN-ACK captured before its SYN opens the same connection`() {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    let packets = [wire.packets[1], wire.packets[0]] + wire.packets[2...]
    let transcript = Transcript.of(TestPacket.numbered(packets))
    #expect(transcript.lines == ["opened", "client 0 abc #4", "closed captureEnded"])
  }

  @Test func `bytes on the SYN are the beginning of the stream`() {
    var wire = Wire()
    wire.send(.client, at: -1, "GET", flags: .syn)
    wire.send(.server, at: -1, flags: [.syn, .ack], acknowledging: 3)
    wire.send(.client, at: 3, " /")
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines(.client) == ["client 0 GET #1", "client acknowledged 3 #2", "client 3  / #3"])
  }

  @Test func `a SYN that is sent again opens nothing`() {
    var wire = Wire()
    wire.send(.client, at: -1, flags: .syn)
    wire.send(.client, at: -1, flags: .syn)
    wire.open()
    wire.send(.client, at: 0, "abc")
    wire.send(.client, at: -1, flags: .syn)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines == ["opened", "client 0 abc #6", "closed captureEnded"])
    #expect(transcript.statistics.connections == 1)
  }

  @Test func `a connection in the middle begins with the first byte seen`() throws {
    var wire = Wire()
    wire.send(.client, at: 500, "abc", acknowledging: 70)
    wire.send(.server, at: 70, "xyz", acknowledging: 503)
    wire.send(.client, at: 503, "def", acknowledging: 73)
    let transcript = Transcript.of(wire.packets)
    #expect(
      transcript.lines == [
        "opened", "client 0 abc #1", "server 0 xyz #2", "client acknowledged 3 #2", "client 3 def #3",
        "server acknowledged 3 #3", "closed captureEnded",
      ])
    #expect(try #require(transcript.connections.first).sawStart == false)
    #expect(Self.began(transcript) == ["client began 1501", "server began 5071"])
  }

  @Test func `in the middle the side with the higher port is taken for the client`() throws {
    for (client, server) in [("10.9.1.2:40000", "10.9.1.1:80"), ("10.9.1.1:80", "10.9.1.2:40000")] {
      var wire = Wire(client: client, server: server)
      wire.send(.client, at: 10, "abc")
      let connection = try #require(Transcript.of(wire.packets).connections.first)
      #expect(connection.client == Endpoint(text: "10.9.1.2:40000"))
    }
  }

  @Test func `in the middle the bytes that the peer had asked for before are missing`() {
    var wire = Wire()
    wire.send(.client, at: 500, "abc", acknowledging: 70)
    wire.send(.server, at: 80, "xyz")
    wire.send(.server, at: 70, "0123456789")
    #expect(Transcript.of(wire.packets).lines(.server) == ["server 0 0123456789 #3", "server 10 xyz #2"])
    #expect(
      Transcript.of(Array(wire.packets.prefix(2))).lines(.server) == [
        "server gap 0..<10 notCaptured #2", "server 10 xyz #2",
      ])
  }

  @Test func `in the middle too an acknowledgment may be captured before its bytes`() {
    var wire = Wire()
    wire.send(.client, at: 500, "thanks", acknowledging: 73)
    wire.send(.server, at: 70, "xyz")
    #expect(Transcript.of(wire.packets).lines(.server) == ["server 0 xyz #2", "server acknowledged 3 #1"])
  }

  @Test func `packets without payload of an unknown connection are strays`() {
    var wire = Wire()
    wire.acknowledge(.client, 10)
    wire.fin(.server, at: 10)
    wire.rst(.client, at: 0)
    wire.send(.client, at: 0, "sorry", flags: .rst)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.lines == [])
    #expect(transcript.statistics.strays == 4)
    #expect(transcript.statistics.connections == 0)
  }

  @Test func `another SYN between the same ends opens another connection`() {
    var first = Wire.opened
    first.send(.client, at: 0, "first")
    var second = Wire(clientISN: 900_000, serverISN: 800_000, at: first.time)
    second.open()
    second.send(.client, at: 0, "second")
    let transcript = Transcript.of(TestPacket.numbered(first.packets + second.packets))
    #expect(
      transcript.lines == [
        "opened", "client 0 first #4", "closed reused", "[2] opened", "[2] client 0 second #8",
        "[2] closed captureEnded",
      ])
    #expect(transcript.statistics.connections == 2)
  }

  @Test func `a SYN of the other side opens a connection with exchanged sides`() {
    var second = Wire(client: "10.9.1.1:80", server: "10.9.1.2:40000", clientISN: 7)
    second.open()
    let transcript = Transcript.of(TestPacket.numbered(Wire.opened.packets + second.packets))
    #expect(transcript.connections.map(\.client.port) == [40000, 80])
  }

  @Test func `a SYN after a connection of which only the server's bytes were seen opens another`() {
    var first = Wire()
    first.send(.server, at: 5000, "news")
    first.rst(.server, at: 5004)
    var second = Wire(clientISN: 900_000, serverISN: 800_000, at: first.time)
    second.open()
    second.send(.server, at: 0, "hello")
    let transcript = Transcript.of(TestPacket.numbered(first.packets + second.packets))
    #expect(
      transcript.lines == [
        "opened", "server 0 news #1", "server rst 4 #2", "closed reused", "[2] opened",
        "[2] server 0 hello #6",
        "[2] closed captureEnded",
      ])
  }

  @Test func `a SYN-ACK of other numbers opens another connection whose SYN is missing`() {
    var first = Wire.opened
    first.send(.client, at: 0, "first")
    var second = Wire(clientISN: 900_000, serverISN: 800_000, at: first.time)
    second.open()
    second.send(.client, at: 0, "second")
    let transcript = Transcript.of(TestPacket.numbered(first.packets + second.packets.dropFirst()))
    #expect(
      transcript.lines == [
        "opened", "client 0 first #4", "closed reused", "[2] opened", "[2] client 0 second #7",
        "[2] closed captureEnded",
      ])
  }

  @Test func `a connection tells the interface of its first packet`() throws {
    var wire = Wire()
    wire.send(.client, at: 0, "abc", interface: 4)
    wire.send(.server, at: 0, "abc", interface: 5)
    #expect(try #require(Transcript.of(wire.packets).connections.first).interface == 4)
  }
}
