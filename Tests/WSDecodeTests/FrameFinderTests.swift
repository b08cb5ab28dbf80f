import Streams
import TestSupport
import Testing
import WSDecode

/// A direction that has lost its boundaries and finds them again.
@Suite struct FrameFinderTests {
  /// Frame boundaries are lost, then come these segments.
  static func legs(
    _ side: Side = .server, _ segments: [[UInt8]], deflate: Bool = false, limit: Int = 0
  ) -> LegRecorder {
    var talk = Conversation()
    talk.upgrade(responseFields: deflate ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [])
    talk.sendUncaptured(side, 1000)
    for bytes in segments { talk.send(side, bytes) }
    talk.acknowledge(side.opposite)
    talk.finish(side)
    var options = FrameOptions()
    options.payloadLimit = limit
    return Stages.legEvents(of: talk.packets, options: options)
  }

  static func start(_ side: Side) -> UInt64 { (side == .client ? .afterRequest : .afterResponse) + 1000 }

  /// The end of a frame whose header is missing.
  static let rest = Array("...lo, world".utf8)

  @Test(arguments: [Side.client, .server])
  func `frames are told once and in their places as soon as two were whole`(side: Side) {
    let frames = [
      WebSocketBytes.text("one", from: side), WebSocketBytes.text("two", from: side),
      WebSocketBytes.text("three", from: side), WebSocketBytes.close(4321, "bye", from: side),
    ]
    let legs = Self.legs(side, [Self.rest] + frames)
    let script = Script(after: Int(Self.start(side)) + Self.rest.count, frames)
    #expect(legs.losses == [Place(side: side, offset: Self.start(side) - 1000)])
    #expect(legs.finds == [Place(side: side, offset: script.ranges[0].lowerBound)])
    #expect(legs.facts.map(\.range) == script.ranges)
    #expect(legs.facts.allSatisfy { $0.violations == [] })
    #expect(legs.closes.map(\.reason) == ["bye"])
  }

  @Test(arguments: [Side.client, .server])
  func `a proper Close with a reason is believed alone`(side: Side) {
    let close = WebSocketBytes.close(1000, "good bye", from: side)
    let legs = Self.legs(side, [Self.rest, close])
    let offset = Self.start(side) + UInt64(Self.rest.count)
    #expect(legs.finds == [Place(side: side, offset: offset)])
    #expect(
      legs.facts == [FrameFacts(side: side, opcode: .close, range: offset..<offset + UInt64(close.count))])
    #expect(legs.closes.map(\.reason) == ["good bye"])
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var side = Side.server
    var segments: [[UInt8]]
  }

  static let text = WebSocketBytes.text("text")
  static let unbelievable = [
    Row(testDescription: "one frame", segments: [text]),
    Row(testDescription: "two frames in one segment", segments: [text + text]),
    Row(testDescription: "a frame and a broken one", segments: [text, [0x83, 0x00], [0xff]]),
    Row(testDescription: "a Close without a code", segments: [WebSocketBytes.close(nil)]),
    Row(testDescription: "a Close with a reserved code", segments: [WebSocketBytes.close(1006)]),
    Row(
      testDescription: "a Close with bad UTF-8",
      segments: [WebSocketBytes.frame(.close, [0x03, 0xe8, 0xff])]),
    Row(testDescription: "a Close with more behind it", segments: [WebSocketBytes.close(1000) + text]),
    Row(testDescription: "a Close of two segments' middle", segments: [rest + WebSocketBytes.close(1000)]),
    Row(
      testDescription: "masked frames of the server",
      segments: (0..<4).map { _ in WebSocketBytes.text("x", from: .client) }),
    Row(testDescription: "unmasked frames of the client", side: .client, segments: [text, text, text]),
    Row(
      testDescription: "continuations",
      segments: [[0x80, 0x01, 0x61], [0x80, 0x01, 0x61], [0x80, 0x01, 0x61]]),
    Row(
      testDescription: "reserved bits without compression",
      segments: [[0xc1, 0x01, 0x61], [0xc1, 0x01, 0x61], [0xc1, 0x01, 0x61]]),
    Row(
      testDescription: "lengths that are not the shortest",
      segments: [[0x81, 126, 0, 1, 0x61], [0x81, 126, 0, 1, 0x61], [0x81, 126, 0, 1, 0x61]]),
    Row(testDescription: "a handshake", segments: [WebSocketBytes.response(), WebSocketBytes.request()]),
  ]

  @Test(arguments: unbelievable)
  func `what may be chance is not believed`(_ row: Row) {
    let legs = Self.legs(row.side, row.segments)
    #expect(legs.losses.count == 1)
    #expect(legs.finds == [] && legs.facts == [] && legs.closes == [] && legs.cuts == [])
  }

  @Test func `a candidate that claims a huge frame hides no others`() {
    let frames = [Self.text, Self.text, WebSocketBytes.close(1000)]
    let legs = Self.legs(.server, [[0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]] + frames)
    #expect(legs.facts.map(\.range) == Script(after: Int(Self.start(.server)) + 10, frames).ranges)
  }

  @Test func `a chain that breaks begins again with the segment that broke it`() {
    let frames = [Self.text, WebSocketBytes.close(1000, "bye")]
    let legs = Self.legs(.server, [[0x81, 0x03, 0x61]] + frames)
    #expect(legs.facts.map(\.range) == Script(after: Int(Self.start(.server)) + 3, frames).ranges)
    #expect(legs.closes.map(\.reason) == ["bye"])
  }

  @Test func `frames that span segments are found`() {
    let long = WebSocketBytes.frame(.binary, [UInt8](repeating: 0x61, count: 5000))
    let segments = [Array(long.prefix(1400)), Array(long[1400..<2800]), Array(long[2800...]), Self.text]
    let legs = Self.legs(.server, segments)
    #expect(legs.facts.map(\.range) == Script(after: Int(Self.start(.server)), [long, Self.text]).ranges)
  }

  @Test func `a direction may be lost and found many times`() {
    var talk = Conversation()
    talk.upgrade()
    var offset = UInt64.afterResponse
    var finds: [Place] = []
    for _ in 1...5 {
      talk.sendUncaptured(.server, 50)
      finds.append(Place(side: .server, offset: offset + 50))
      for _ in 1...3 { talk.send(.server, Self.text) }
      offset += 50 + 3 * UInt64(Self.text.count)
    }
    talk.acknowledge(.client)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.finds == finds)
    #expect(legs.losses.map(\.offset) == finds.map { $0.offset - 50 })
    #expect(legs.facts.count == 15)
  }

  @Test func `bytes missing break a chain that is not believed yet`() {
    var talk = Conversation()
    talk.upgrade()
    talk.sendUncaptured(.server, 50)
    talk.send(.server, Self.text)
    talk.sendUncaptured(.server, 50)
    talk.send(.server, Self.text)
    talk.acknowledge(.client)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.finds == [] && legs.facts == [])
    #expect(legs.losses.count == 1)
  }
}
