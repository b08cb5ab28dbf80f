import Capture
import Streams
import TestSupport
import Testing
import WSDecode

/// A WebSocket that was asked for by extended CONNECT: the stream holds frames from its first byte on.
@Suite struct ExtendedConnectTests {
  enum Step: Sendable {
    case requested([(String, String)])
    case responded([(String, String)])
    case bytes(Side, [UInt8])
    case event(StreamEvent)
  }
  static let id = ConnectionID(slot: 0, serial: 1)
  static let request = Step.requested([
    (":method", "CONNECT"), (":protocol", "websocket"), (":path", "/feed"), (":authority", "example.com"),
    ("user-agent", "Firefox"), ("x-request-id", "7"),
  ])
  static let accepted = Step.responded([
    (":status", "200"), ("server", "envoy"), ("sec-websocket-protocol", "chat"),
    ("sec-websocket-extensions", "permessage-deflate; server_no_context_takeover"),
  ])
  static let client = WebSocketBytes.text("hello", from: .client)
  static let server = WebSocketBytes.close(4321, "test")

  static func packet(_ number: Int) -> PacketReference {
    PacketReference(number: UInt64(number), time: Timestamp(nanoseconds: Int64(number)))
  }

  static func legs(_ steps: [Step]) -> LegRecorder {
    var decoder = WebSocketDecoder(into: LegRecorder())
    var connection = Connection(
      id: id, client: Endpoint(text: "10.9.1.2:40000"), server: Endpoint(text: "10.9.1.1:80"), sawStart: true,
      openedAt: packet(1), interface: nil)
    connection.http2Stream = 1
    decoder.receive(.opened(connection), on: id)
    var offsets: [Side: UInt64] = [:]
    for (index, step) in steps.enumerated() {
      let packet = packet(index + 2)
      func fields(_ pairs: [(String, String)]) -> HTTPFields {
        HTTPFields(pairs.map { (name: $0.0, value: $0.1) })
      }
      switch step {
      case .requested(let pairs): decoder.receive(.requested(fields(pairs), packet), on: id)
      case .responded(let pairs): decoder.receive(.responded(fields(pairs), packet), on: id)
      case .event(let event): decoder.receive(event, on: id)
      case .bytes(let side, let bytes):
        let offset = offsets[side, default: 0]
        decoder.receive(bytes.span, StreamChunk(connection: id, side: side, offset: offset, packet: packet))
        offsets[side] = offset + UInt64(bytes.count)
      }
    }
    decoder.receive(.closed(.ended), on: id)
    return decoder.sink
  }

  @Test func `it is a leg with request and response`() throws {
    let legs = Self.legs([
      Self.request, Self.accepted, .bytes(.client, Self.client), .bytes(.server, Self.server),
    ])
    let request = try #require(legs.openings.first?.request)
    #expect(request.target == "/feed" && request.host == "example.com" && request.userAgent == "Firefox")
    #expect(request.requestID == "7" && request.key == nil && request.endOffset == 0)
    let response = try #require(legs.responses.first)
    #expect(response.status == 200 && response.isSwitchingProtocols && response.endOffset == 0)
    #expect(response.server == "envoy" && response.subprotocol == "chat")
    #expect(response.deflate?.serverTakesOver == false)
    #expect(
      legs.facts == [
        FrameFacts(side: .client, opcode: .text, range: 0..<11),
        FrameFacts(side: .server, opcode: .close, range: 0..<8),
      ])
    #expect(legs.losses == [])
  }

  @Test func `the client's frames may come before the answer`() {
    let legs = Self.legs([
      Self.request, .bytes(.client, Self.client), Self.accepted, .bytes(.server, Self.server),
    ])
    #expect(legs.facts.map(\.range) == [0..<11, 0..<8])
    #expect(legs.losses == [])
  }

  @Test(arguments: ["-1", "", "2x0", "20", "99999999999999999999"])
  func `what is no status is no response`(status: String) {
    let legs = Self.legs([Self.request, .responded([(":status", status)])])
    #expect(legs.openings.count == 1 && legs.responses.isEmpty)
  }

  @Test func `a refusal is no WebSocket, nor is what follows it`() {
    let legs = Self.legs([
      Self.request, .bytes(.client, Self.client), .responded([(":status", "403")]),
      .bytes(.server, Self.server),
    ])
    #expect(legs.responses.map(\.status) == [403])
    #expect(legs.responses.map(\.isSwitchingProtocols) == [false])
    #expect(legs.frames.isEmpty)
  }

  @Test func `an answer that is unknown is told by the frames behind it`() {
    let legs = Self.legs([Self.request, .bytes(.client, Self.client), .bytes(.server, Self.server)])
    #expect(Set(legs.facts.map(\.range)) == [0..<11, 0..<8])
    #expect(legs.responses.isEmpty)
  }

  @Test func `a body behind an unknown answer is no frame`() {
    let legs = Self.legs([Self.request, .bytes(.server, Array("<html>no such page</html>".utf8))])
    #expect(legs.frames.isEmpty)
  }

  @Test func `a CONNECT for another protocol opens no leg`() {
    let legs = Self.legs([
      .requested([(":method", "CONNECT"), (":protocol", "connect-udp"), (":path", "/")]), Self.accepted,
      .bytes(.server, Self.server),
    ])
    #expect(legs.openings.isEmpty && legs.frames.isEmpty)
  }

  @Test func `a gap of unknown length loses the boundaries`() {
    let frame = WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 100))
    let gap = StreamEvent.gap(.server, 50..<51, .unknownLength, Self.packet(9))
    let rest = Array(frame[50...])
    var legs = Self.legs([
      Self.request, Self.accepted, .bytes(.server, Array(frame[..<50])), .event(gap), .bytes(.server, rest),
    ])
    #expect(legs.losses == [Place(side: .server, offset: 50)])
    #expect(legs.frames.isEmpty)
    let known = StreamEvent.gap(.server, 50..<51, .notCaptured, Self.packet(9))
    legs = Self.legs([
      Self.request, Self.accepted, .bytes(.server, Array(frame[..<50])), .event(known),
      .bytes(.server, Array(rest.dropFirst())),
    ])
    #expect(legs.losses == [] && legs.facts.map(\.missing) == [1])
  }
}
