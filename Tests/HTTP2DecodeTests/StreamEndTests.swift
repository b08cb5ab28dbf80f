import Capture
import HTTP2Decode
import Streams
import TestSupport
import Testing

/// How streams end, and what is acknowledged of them.
@Suite struct StreamEndTests {
  @Test func `acknowledgments speak of the stream's own bytes`() throws {
    var (talk, _, _) = try CarriedStreamTests.opened()
    talk.send(.server, HTTP2Bytes.data(1, Array("abc".utf8), padding: 9))
    talk.acknowledge(.client)
    talk.send(.server, HTTP2Bytes.ping())
    talk.acknowledge(.client)
    let frame = HTTP2Bytes.data(1, Array("defgh".utf8))
    talk.send(.server, Array(frame[..<11]))
    talk.acknowledge(.client)
    talk.send(.server, Array(frame[11...]))
    talk.acknowledge(.client)
    let log = try #require(talk.packets.carried.carried.first)
    #expect(log.acknowledged(.server) == [3, 5, 8])
    #expect(log.acknowledged(.client) == [])
  }

  @Test func `END_STREAM is acknowledged as one byte behind the last`() throws {
    var (talk, _, _) = try CarriedStreamTests.opened()
    talk.send(.server, HTTP2Bytes.data(1, Array("abc".utf8)))
    talk.send(.server, HTTP2Bytes.data(1, [], endStream: true))
    talk.acknowledge(.client)
    let log = try #require(talk.packets.carried.carried.first)
    #expect(log.acknowledged(.server) == [3, 4])
    #expect(log.ends == [End(side: .server, kind: .endStream, offset: 3)])
    #expect(log.closed == .captureEnded)
  }

  @Test func `RST_STREAM is not acknowledged, what came before it is`() throws {
    var (talk, _, _) = try CarriedStreamTests.opened()
    talk.send(.server, HTTP2Bytes.data(1, Array("abc".utf8)) + HTTP2Bytes.reset(1, 10))
    talk.send(.client, HTTP2Bytes.data(1, Array("late".utf8)))
    talk.acknowledge(.server)
    talk.send(.client, HTTP2Bytes.data(1, Array("later".utf8)))
    let log = try #require(talk.packets.carried.carried.first)
    #expect(log.acknowledged(.server) == [3])
    #expect(log.ends == [End(side: .server, kind: .rstStream(10), offset: 3)])
    #expect(log.bytes.client == Array("late".utf8))
    #expect(log.closed == .ended)
  }

  @Test func `GOAWAY ends the streams behind the last that it names`() throws {
    var (talk, client, server) = try CarriedStreamTests.opened()
    talk.send(.client, try client.extendedConnect(3) + client.extendedConnect(5))
    talk.send(.server, try server.accepted(3))
    talk.send(.server, HTTP2Bytes.goAway(last: 0x7fff_ffff, 0))
    talk.send(.server, HTTP2Bytes.goAway(last: 3, 11))
    talk.send(.client, HTTP2Bytes.goAway(last: 0, 0))
    let logs = talk.packets.carried.carried
    #expect(logs.map(\.ends) == [[], [], [End(side: .server, kind: .goAway(11), offset: 0)]])
  }

  @Test func `the end of TCP is the end of every stream that had none`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    talk.send(.client, try client.extendedConnect(3) + HTTP2Bytes.data(1, Array("ab".utf8)))
    talk.send(.client, HTTP2Bytes.data(3, Array("c".utf8), endStream: true))
    talk.fin(.client)
    talk.acknowledge(.server)
    talk.rst(.server)
    let logs = talk.packets.carried.carried
    #expect(
      logs.map { $0.ends.map { "\($0.side) \($0.kind.name) \($0.offset)" } } == [
        ["client FIN 2", "server RST 0"], ["client END_STREAM 1", "server RST 0"],
      ])
    #expect(logs.map { $0.acknowledged(.client).last } == [3, 2])
    #expect(logs.map(\.closed) == [.ended, .ended])
  }

  /// A client that closes has no ear for what still comes: behind its FIN a RST ends the other direction.
  @Test func `TCP's RST behind its FIN ends the streams of both directions`() throws {
    var (talk, client, server) = try CarriedStreamTests.opened()
    talk.send(.client, try client.extendedConnect(3))
    talk.send(.server, try server.accepted(3))
    talk.send(.client, HTTP2Bytes.data(3, Array("c".utf8), endStream: true))
    talk.send(.client, try client.extendedConnect(5) + HTTP2Bytes.data(5, [], endStream: true))
    talk.send(.server, try server.accepted(5) + HTTP2Bytes.data(5, [], endStream: true))
    talk.fin(.client)
    talk.send(.server, HTTP2Bytes.data(1, Array("late".utf8)))
    talk.rst(.client)
    let logs = talk.packets.carried.carried
    #expect(
      logs.map { $0.ends.map { "\($0.side) \($0.kind.name) \($0.offset)" } } == [
        ["client FIN 0", "client RST 0"], ["client END_STREAM 1", "client RST 1"],
        ["client END_STREAM 0", "server END_STREAM 0"],
      ])
  }

  @Test func `what TLS says of the connection is said of its streams`() throws {
    var client = HTTP2Bytes()
    let id = ConnectionID(slot: 0, serial: 1)
    let packet = PacketReference(number: 1, time: Timestamp(nanoseconds: 0))
    let description = TLSDescription(access: .decrypted, version: 0x0304)
    var named = description
    named.serverName = "example.com"
    var decoder = HTTP2Decoder(into: CarriedRecorder())
    decoder.receive(
      .opened(
        Connection(
          id: id, client: Endpoint(text: "10.9.1.2:40000"), server: Endpoint(text: "10.9.1.1:443"),
          sawStart: true, openedAt: packet, interface: nil)), on: id)
    decoder.receive(.secured(description), on: id)
    let bytes = try HTTP2Bytes.preface + HTTP2Bytes.settings() + client.extendedConnect(1)
    decoder.receive(bytes.span, StreamChunk(connection: id, side: .client, offset: 0, packet: packet))
    decoder.receive(.secured(named), on: id)
    decoder.receive(.alert(.server, .closeNotify, packet), on: id)
    let log = try #require(decoder.sink.carried.first)
    #expect(log.events.dropFirst().first == .secured(description))
    #expect(log.events.suffix(2) == [.secured(named), .alert(.server, .closeNotify, packet)])
  }

  @Test func `thousands of streams that are over are not kept`() throws {
    var (talk, client, _) = try CarriedStreamTests.opened()
    var bytes: [UInt8] = []
    for index in 1...6000 {
      bytes += try client.extendedConnect(UInt32(index * 2 + 1)) + HTTP2Bytes.reset(UInt32(index * 2 + 1), 8)
    }
    // The server's acknowledgments are not in the capture.
    for start in stride(from: 0, to: bytes.count, by: 60_000) {
      talk.send(.client, Array(bytes[start..<min(start + 60_000, bytes.count)]))
    }
    let recorder = talk.packets.carried
    #expect(recorder.carried.count == 6001)
    #expect(recorder.highestSlot <= 4100)
    #expect(recorder.violations == [])
  }
}
