import Streams
import TestSupport
import Testing
import WSDecode

/// Frames of a leg whose boundaries are known from the handshake on.
@Suite struct FrameOrderTests {
  static func legs(
    server: [[UInt8]] = [], client: [[UInt8]] = [], limit: Int = 0, oneSegment: Bool = true
  ) -> LegRecorder {
    var talk = Conversation()
    talk.upgrade()
    for (side, frames) in [(Side.server, server), (.client, client)] where !frames.isEmpty {
      for bytes in oneSegment ? [Array(frames.joined())] : frames { talk.send(side, bytes) }
    }
    talk.finish(.server)
    var options = FrameOptions()
    options.payloadLimit = limit
    return Stages.legEvents(of: talk.packets, options: options)
  }

  @Test(arguments: [Side.client, .server])
  func `control frames may come between the fragments of a message`(side: Side) {
    let frames = [
      WebSocketBytes.frame(.text, Array("Hel".utf8), from: side, isFinal: false),
      WebSocketBytes.frame(.ping, Array("p".utf8), from: side),
      WebSocketBytes.frame(.continuation, Array("l".utf8), from: side, isFinal: false),
      WebSocketBytes.frame(.pong, [], from: side),
      WebSocketBytes.frame(.continuation, Array("o".utf8), from: side),
      WebSocketBytes.frame(.binary, [1], from: side),
    ]
    let legs = Self.legs(
      server: side == .server ? frames : [], client: side == .client ? frames : [], limit: 9)
    #expect(legs.frames.map(\.header.opcode) == [.text, .ping, .continuation, .pong, .continuation, .binary])
    #expect(legs.frames.map(\.header.isFinal) == [false, true, false, true, true, true])
    #expect(legs.frames.allSatisfy { $0.violations == [] && $0.side == side })
    #expect(legs.payloads == ["Hel", "p", "l", "", "o", "\u{1}"].map { Array($0.utf8) })
  }

  @Test func `a Close inside a fragmented message is a Close`() {
    let legs = Self.legs(server: [
      WebSocketBytes.frame(.text, [0x61], isFinal: false), WebSocketBytes.close(1001, "now"),
    ])
    #expect(legs.closes.map(\.reason) == ["now"])
    #expect(legs.frames.map(\.violations) == [[], []])
  }

  @Test func `frames lie one behind the other from the handshake on`() {
    let sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]
    let server = sizes.map { WebSocketBytes.frame(.binary, [UInt8](repeating: 0x5a, count: $0)) }
    let client = sizes.map {
      WebSocketBytes.frame(.binary, [UInt8](repeating: 0x5a, count: $0), from: .client)
    }
    for oneSegment in [true, false] {
      let legs = Self.legs(server: server, client: client, oneSegment: oneSegment)
      #expect(legs.facts(of: .server).map(\.range) == Script(after: Int(UInt64.afterResponse), server).ranges)
      #expect(legs.facts(of: .client).map(\.range) == Script(after: Int(UInt64.afterRequest), client).ranges)
      #expect(legs.facts.allSatisfy { $0.violations == [] && $0.missing == 0 })
      #expect(legs.frames.map(\.header.payloadLength) == (sizes + sizes).map(UInt64.init))
    }
  }

  static let lookalikes = [
    WebSocketBytes.response() + WebSocketBytes.close(1000), WebSocketBytes.request(),
    WebSocketBytes.close(1006, "not really"), WebSocketBytes.close(1000, from: .client),
    WebSocketBytes.frame(.binary, [], mask: 0),
  ]

  /// A segment begins with the lookalike.
  @Test(arguments: lookalikes, [Side.client, .server])
  func `payload that looks like a handshake or a Close is payload`(_ lookalike: [UInt8], side: Side) {
    let frame = WebSocketBytes.frame(.binary, lookalike, mask: side == .client ? 0 : nil)
    let header = frame.count - lookalike.count
    var talk = Conversation()
    talk.upgrade()
    talk.send(side, Array(frame.prefix(header)))
    talk.send(side, lookalike)
    talk.send(side, WebSocketBytes.close(4321, from: side))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.openings.count == 1)
    #expect(legs.responses.count == 1)
    #expect(legs.frames.map(\.header.opcode) == [.binary, .close])
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
  }

  @Test func `a Close comes right behind its frame`() {
    let events = Self.legs(server: [
      WebSocketBytes.text("x"), WebSocketBytes.close(1000), WebSocketBytes.text("y"),
    ])
    .events
    let close = events.firstIndex { if case .close = $0 { true } else { false } }
    guard let close, case .close(let frame, let body) = events[close], close > 0 else {
      Issue.record("no Close")
      return
    }
    #expect(events[close - 1] == .frame(frame))
    #expect(body.code?.rawValue == 1000)
  }

  @Test(arguments: [1, 3, 1000])
  func `a frame's sample tells its first 32 payload bytes as they were sent`(size: Int) {
    let same = String(repeating: "x", count: 32)
    let texts = ["", "0", "1", same + "behind", same + "beyond", String(same.dropLast()) + "y"]
    var talk = Conversation()
    talk.upgrade()
    for text in texts { talk.send(.server, WebSocketBytes.text(text)) }
    talk.send(.client, WebSocketBytes.frame(.text, Array("0".utf8), mask: 0xff00_0000))
    let samples = Stages.legEvents(of: talk.packets.cut(into: size)).frames.map(\.sample)
    #expect(samples[3] == samples[4])
    #expect(Set(samples).count == 6)
  }

  @Test func `connections are told apart`() {
    func packets(_ port: Int, _ code: UInt16, clientISN: UInt32 = 1000) -> [TestPacket] {
      var talk = Conversation(client: "10.9.1.2:\(port)", clientISN: clientISN)
      talk.upgrade(requestFields: ["X-Request-ID: \(port)"])
      talk.send(.server, WebSocketBytes.close(code))
      talk.finish(.server)
      return talk.packets
    }
    let legs = Stages.legEvents(of: TestPacket.merged([packets(40_000, 4000), packets(40_001, 4001)]))
    #expect(legs.openings.map(\.request?.requestID) == ["40000", "40001"])
    #expect(legs.closes.map(\.code?.rawValue) == [4000, 4001])
    let again = packets(40_000, 4000) + packets(40_000, 4002, clientISN: 90_000)
    #expect(Stages.legEvents(of: TestPacket.numbered(again)).closes.map(\.code?.rawValue) == [4000, 4002])
  }
}
