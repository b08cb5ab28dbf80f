import HTTP2Decode
import Streams
import TCPReassembly
import TestSupport
import Testing
import WSDecode

/// The two stages together: from packets to the legs of WebSockets.
@Suite struct WebSocketOverHTTP2Tests {
  static func legs(_ packets: [TestPacket]) -> LegRecorder {
    var decoder = HTTP2Decoder(into: WebSocketDecoder(into: LegRecorder()))
    var reassembler = Reassembler()
    for packet in packets { reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder) }
    reassembler.finish(into: &decoder)
    return decoder.sink.sink
  }

  static func openings(_ legs: LegRecorder) -> [LegOpening] {
    legs.events.compactMap { if case .opened(let opening) = $0 { opening } else { nil } }
  }

  @Test(arguments: [1, 10, 1000])
  func `an extended CONNECT is a leg with its frames and its Close`(size: Int) throws {
    var (talk, _, _) = try CarriedStreamTests.opened()
    talk.send(.client, HTTP2Bytes.data(1, WebSocketBytes.text("hello", from: .client)))
    talk.send(.server, HTTP2Bytes.data(1, WebSocketBytes.text("hi") + WebSocketBytes.close(4321, "test")))
    talk.send(.server, HTTP2Bytes.reset(1, 10))
    let legs = Self.legs(talk.packets.cut(into: size))
    #expect(Self.openings(legs).map(\.request?.target) == ["/feed"])
    #expect(Self.openings(legs).map(\.connection.http2Stream) == [1])
    #expect(legs.frames.map(\.range) == [0..<11, 0..<4, 4..<12])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  @Test func `a WebSocket inside of a tunnel is a leg with its handshake`() throws {
    var (client, server) = (HTTP2Bytes(), HTTP2Bytes())
    var talk = Conversation()
    talk.open()
    let connect = [(":method", "CONNECT"), (":authority", "10.9.2.2:9900")]
    talk.send(.client, try HTTP2Bytes.preface + HTTP2Bytes.settings() + client.headers(1, connect))
    talk.send(.client, HTTP2Bytes.data(1, WebSocketBytes.request()))
    talk.send(.server, try HTTP2Bytes.settings() + server.accepted(1))
    talk.send(.server, HTTP2Bytes.data(1, WebSocketBytes.response()))
    talk.send(.server, HTTP2Bytes.data(1, WebSocketBytes.close(4321, "test"), endStream: true))
    let legs = Self.legs(talk.packets)
    let opening = try #require(Self.openings(legs).first)
    #expect(opening.request?.key == WebSocketBytes.key)
    #expect(opening.connection.tunnel == "10.9.2.2:9900")
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  /// The Close frame is behind a loss of which nobody knows how long it is.
  @Test func `a Close frame behind lost frames is found`() throws {
    var (talk, _, _) = try CarriedStreamTests.opened()
    let messages = (0..<6).map { HTTP2Bytes.data(1, WebSocketBytes.text("message \($0)")) }
    for message in messages[..<3] { talk.send(.server, message) }
    talk.sendUncaptured(.server, UInt32(messages[3].count))
    talk.acknowledge(.client)
    talk.time += 40
    for message in messages[4...] { talk.send(.server, message) }
    talk.send(.server, HTTP2Bytes.data(1, WebSocketBytes.close(4321, "test")))
    let legs = Self.legs(talk.packets)
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
    #expect(legs.frames.count == 6)
    #expect(legs.events.count { if case .lost = $0 { true } else { false } } == 1)
  }
}
