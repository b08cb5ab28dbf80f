import Streams
import TestSupport
import Testing
import WSDecode

/// What is kept of a side that is ahead: in order, and bounded.
@Suite struct ParkedBytesTests {
  /// The server's responses are in the capture before the client's requests, and cut by its snaplen.
  @Test func `bytes missing in what was kept stay in their place`() {
    let frame = WebSocketBytes.frame(.binary, [UInt8](repeating: 0x88, count: 100))
    var talk = Conversation()
    talk.open()
    talk.send(.server, WebSocketBytes.ordinaryResponse)
    talk.send(.server, WebSocketBytes.response())
    talk.send(.server, frame)
    talk.send(.server, WebSocketBytes.close(4321))
    talk.send(.client, WebSocketBytes.ordinaryRequest)
    talk.send(.client, WebSocketBytes.request())
    talk.finish(.server)
    var packets = talk.packets
    packets[5].payload = Array(frame.prefix(10))
    packets[5].segment.payload = 0..<10
    let legs = Stages.legEvents(of: packets)
    let start = UInt64(WebSocketBytes.ordinaryResponse.count) + .afterResponse
    #expect(
      legs.facts == [
        FrameFacts(side: .server, opcode: .binary, range: start..<start + 102, missing: 92),
        FrameFacts(side: .server, opcode: .close, range: start + 102..<start + 106),
      ])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
    #expect(legs.losses == [])
  }

  static let frames = (0..<40).map { index in
    WebSocketBytes.frame(.binary, [UInt8](repeating: UInt8(index), count: 10_000), from: .client)
  }

  /// More of the client's frames come before the 101 than is kept.
  @Test func `what is beyond the limit is never placed where it does not belong`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    for frame in Self.frames { talk.send(.client, frame) }
    talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("hi"))
    let later = (0..<40).map {
      WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 700 + $0), from: .client)
    }
    for frame in later { talk.send(.client, frame) }
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    let ranges = Script(after: Int(UInt64.afterRequest), Self.frames + later).ranges
    let told = legs.facts(of: .client)
    #expect(told.map(\.range).allSatisfy { ranges.contains($0) })
    #expect(told.suffix(40).map(\.range) == ranges.suffix(40))
    #expect(told.allSatisfy { $0.violations == [] })
    #expect(legs.facts(of: .server).map(\.opcode) == [.text])
  }

  @Test func `what is within the limit is told whole`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    for frame in Self.frames.prefix(20) { talk.send(.client, frame) }
    talk.send(.server, WebSocketBytes.response())
    let legs = Stages.legEvents(of: talk.packets)
    #expect(
      legs.facts.map(\.range) == Script(after: Int(UInt64.afterRequest), Array(Self.frames.prefix(20))).ranges
    )
  }

  /// As many pieces as are kept: each is told by itself.
  @Test(arguments: [Side.client, .server])
  func `thousands of pieces may wait`(side: Side) {
    let frames = [[UInt8]](
      repeating: WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 94), from: side), count: 18)
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.response())
    talk.send(side, Array(frames.joined()))
    let (request, response) = (talk.packets[3], talk.packets[4])
    let pieces = [talk.packets[5]].cut(into: 1)
    // The other side's half of the handshake comes last.
    let (first, last) = side == .client ? (request, response) : (response, request)
    let legs = Stages.legEvents(
      of: TestPacket.numbered(Array(talk.packets[..<3]) + [first] + pieces + [last]))
    let start = Int(side == .client ? UInt64.afterRequest : .afterResponse)
    #expect(legs.facts.map(\.range) == Script(after: start, frames).ranges)
  }
}
