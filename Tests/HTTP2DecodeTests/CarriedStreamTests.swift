import Capture
import Streams
import TestSupport
import Testing

/// What of an HTTP/2 connection is handed on.
@Suite struct CarriedStreamTests {
  /// Both sides' beginnings, up to an answered extended CONNECT on stream 1.
  static func opened() throws -> (talk: Conversation, client: HTTP2Bytes, server: HTTP2Bytes) {
    var (client, server) = (HTTP2Bytes(), HTTP2Bytes())
    var talk = Conversation()
    talk.open()
    talk.send(
      .client,
      try HTTP2Bytes.preface + HTTP2Bytes.settings() + HTTP2Bytes.windowUpdate(0, 1 << 20)
        + client.extendedConnect(1))
    talk.send(.server, HTTP2Bytes.settings([(8, 1)]) + HTTP2Bytes.settings(ack: true))
    talk.send(.server, try server.accepted(1))
    talk.send(.client, HTTP2Bytes.settings(ack: true))
    return (talk, client, server)
  }

  /// A conversation with everything in it that changes nothing.
  static func conversation() throws -> [TestPacket] {
    var (talk, client, server) = try opened()
    talk.send(.client, HTTP2Bytes.data(1, Array("hello".utf8)))
    talk.send(
      .server,
      HTTP2Bytes.data(1, Array("wor".utf8), padding: 7) + HTTP2Bytes.ping()
        + HTTP2Bytes.frame(0xfa, flags: 0xff, stream: 1, [9, 9, 9]) + HTTP2Bytes.data(1, [], padding: 0)
        + HTTP2Bytes.data(1, Array("ld".utf8)))
    talk.send(.client, try client.extendedConnect(3) + HTTP2Bytes.ping(ack: true))
    talk.send(.client, try client.headers(5, [(":method", "POST"), (":path", "/")]))
    talk.send(.client, HTTP2Bytes.data(5, Array("form".utf8), endStream: true))
    let fields = try server.block([(":status", "200"), ("server", String(repeating: "x", count: 300))])
    talk.send(
      .server,
      HTTP2Bytes.frame(1, flags: 0x28, stream: 3, [2, 0, 0, 0, 0, 9] + fields.prefix(10) + [0, 0])
        + HTTP2Bytes.frame(9, stream: 3, Array(fields[10..<11])) + HTTP2Bytes.frame(9, stream: 3)
        + HTTP2Bytes.frame(9, flags: 4, stream: 3, Array(fields[11...])))
    talk.send(
      .server, try server.headers(5, [(":status", "404")]) + HTTP2Bytes.data(5, [1, 2], endStream: true))
    talk.send(.server, HTTP2Bytes.data(3, Array("three".utf8)))
    talk.send(.client, HTTP2Bytes.data(1, [], endStream: true))
    talk.send(.server, HTTP2Bytes.data(1, Array("!".utf8), endStream: true))
    talk.send(.client, HTTP2Bytes.reset(3, 8))
    talk.acknowledge(.server)
    talk.finish(.client)
    return talk.packets
  }

  @Test func `each WebSocket is a connection of its own, with offsets of its own`() throws {
    let recorder = try Self.conversation().carried
    #expect(recorder.violations == [])
    let logs = recorder.carried
    #expect(logs.map(\.connection.http2Stream) == [1, 3])
    #expect(logs.map { String(decoding: $0.bytes.client, as: UTF8.self) } == ["hello", ""])
    #expect(logs.map { String(decoding: $0.bytes.server, as: UTF8.self) } == ["world!", "three"])
    #expect(logs.map(\.statuses) == [["200"], ["200"]])
    #expect(logs.map { $0.requests.map { $0.value(":path") } } == [["/feed"], ["/feed"]])
    #expect(
      logs[0].ends == [
        End(side: .client, kind: .endStream, offset: 5), End(side: .server, kind: .endStream, offset: 6),
      ])
    #expect(logs[1].ends == [End(side: .client, kind: .rstStream(8), offset: 0)])
    #expect(logs.map(\.closed) == [.ended, .ended])
    #expect(logs.map(\.connection.sawStart) == [true, true])
    #expect(logs.map(\.connection.client) == [Conversation().client, Conversation().client])
  }

  @Test func `a stream begins with what its connection began with, and then its request`() throws {
    let log = try #require(try Self.conversation().carried.carried.first)
    guard case .opened = log.events[0], case .requested = log.events[3] else {
      Issue.record("\(log.events)")
      return
    }
    #expect(log.events[1] == .began(.client, SequenceNumber(1001)))
    #expect(log.events[2] == .began(.server, SequenceNumber(5001)))
    #expect(log.connection.openedAt.number == 4)
  }

  /// Everything but the packets, which tell how the stream was cut.
  struct Facts: Hashable {
    var stream: UInt32?
    var bytes: CarriedLog.Sides
    var ends: Set<End>
    var requests: [HTTPFields]
    var statuses: [String]
    var lastAcknowledged: [UInt64?]
    var closed: CloseReason?

    init(_ log: CarriedLog) {
      stream = log.connection.http2Stream
      bytes = log.bytes
      ends = Set(log.ends)
      requests = log.requests
      statuses = log.statuses
      lastAcknowledged = [log.acknowledged(.client).last, log.acknowledged(.server).last]
      closed = log.closed
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 9, 10, 24, 25, 100])
  func `cutting the segments elsewhere changes nothing`(size: Int) throws {
    let packets = try Self.conversation()
    let recorder = packets.cut(into: size).carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.map(Facts.init) == packets.carried.carried.map(Facts.init))
  }

  @Test(arguments: 1...20)
  func `the directions may be ahead of each other`(seed: UInt64) throws {
    let packets = try Self.conversation()
    // Data in front of a SYN would be another connection's.
    let shuffled = packets[..<3] + Array(packets[3...]).shuffled(distance: 4, seed: seed)
    let recorder = TestPacket.numbered(Array(shuffled)).carried
    #expect(recorder.violations == [])
    // Whether TCP's end comes before or behind the other side's RST_STREAM is not told by the streams.
    func facts(_ logs: [CarriedLog]) -> Set<Facts> {
      Set(
        logs.map {
          var facts = Facts($0)
          facts.ends = facts.ends.filter { $0.kind != .fin }
          facts.lastAcknowledged = []
          return facts
        })
    }
    #expect(facts(recorder.carried) == facts(packets.carried.carried))
  }

  @Test func `the server may be seen before the client, the whole of it`() throws {
    let packets = try Self.conversation()
    let (client, server) = (
      packets.filter { $0.segment.source == Conversation().client },
      packets.filter { $0.segment.source == Conversation().server }
    )
    let recorder = TestPacket.numbered([packets[0], packets[1]] + server.dropFirst() + client.dropFirst())
      .carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.map { String(decoding: $0.bytes.server, as: UTF8.self) } == ["world!", "three"])
    #expect(recorder.carried.map(\.statuses) == [["200"], ["200"]])
  }

  @Test func `slots of streams that are over are used again`() throws {
    var (talk, client, server) = try Self.opened()
    for index in 1...50 {
      let id = UInt32(index * 2 + 1)
      talk.send(.client, try client.extendedConnect(id))
      talk.send(.server, try server.accepted(id) + HTTP2Bytes.reset(id, 0))
      talk.acknowledge(.client)
    }
    let recorder = talk.packets.carried
    #expect(recorder.violations == [])
    #expect(recorder.carried.count == 51)
    #expect(recorder.highestSlot <= 3)
  }

  @Test func `a refusal is told with its status`() throws {
    var (client, server) = (HTTP2Bytes(), HTTP2Bytes())
    var talk = Conversation()
    talk.open()
    talk.send(.client, try HTTP2Bytes.preface + HTTP2Bytes.settings() + client.extendedConnect(1))
    talk.send(.server, HTTP2Bytes.settings())
    talk.send(.server, try server.headers(1, [(":status", "103"), ("link", "</a>")]))
    talk.send(.server, try server.headers(1, [(":status", "403")], endStream: true))
    let log = try #require(talk.packets.carried.carried.first)
    #expect(log.statuses == ["403"])
    #expect(log.ends == [End(side: .server, kind: .endStream, offset: 0)])
  }

  @Test func `a CONNECT is a tunnel: its stream is the connection inside`() throws {
    var (client, server) = (HTTP2Bytes(), HTTP2Bytes())
    var talk = Conversation()
    talk.open()
    let connect = [(":method", "CONNECT"), (":authority", "10.9.3.1:80")]
    talk.send(.client, try HTTP2Bytes.preface + HTTP2Bytes.settings() + client.headers(1, connect))
    talk.send(.client, try client.headers(3, connect))
    talk.send(
      .server, try HTTP2Bytes.settings() + server.accepted(1) + server.headers(3, [(":status", "503")]))
    talk.send(.client, HTTP2Bytes.data(1, Array("GET".utf8)))
    talk.send(.server, HTTP2Bytes.data(3, Array("no".utf8), endStream: true))
    let logs = talk.packets.carried.carried
    #expect(logs.map(\.connection.tunnel) == ["10.9.3.1:80", "10.9.3.1:80"])
    #expect(logs.map(\.connection.sawStart) == [true, true])
    #expect(logs[0].bytes.client == Array("GET".utf8))
    #expect(logs.map(\.requests) == [[], []] && logs.map(\.statuses) == [[], []])
    #expect(logs.map(\.closed) == [.captureEnded, .ended])
    #expect(logs[1].bytes.server == [])
  }
}
