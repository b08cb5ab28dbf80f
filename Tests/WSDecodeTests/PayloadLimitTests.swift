import Streams
import TestSupport
import Testing
import WSDecode

@Suite struct PayloadLimitTests {
  static let limits = [0, 1, 2, 4, 5, 100]

  static func options(_ limit: Int) -> FrameOptions {
    var options = FrameOptions()
    options.payloadLimit = limit
    return options
  }

  /// What is kept: nothing unless it is asked for.
  static func kept(_ text: String, _ limit: Int) -> [UInt8]? {
    limit == 0 ? nil : Array(text.utf8.prefix(limit))
  }

  @Test func `no payload is kept unless it is asked for`() {
    #expect(FrameOptions().payloadLimit == 0)
  }

  @Test(arguments: limits, [Side.client, .server])
  func `a payload's first bytes are kept up to the limit`(limit: Int, side: Side) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(
      side,
      WebSocketBytes.text("Hello", from: side) + WebSocketBytes.frame(.ping, Array("Hello".utf8), from: side)
        + WebSocketBytes.text("", from: side) + WebSocketBytes.text("Hi", from: side))
    for size in [1, 3, 1000] {
      let legs = Stages.legEvents(of: talk.packets.cut(into: size), options: Self.options(limit))
      #expect(legs.payloads == ["Hello", "Hello", "", "Hi"].map { Self.kept($0, limit) })
    }
  }

  @Test(arguments: limits)
  func `a Close is read whole but its payload kept up to the limit`(limit: Int) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(0x4142, "bye"))
    let legs = Stages.legEvents(of: talk.packets, options: Self.options(limit))
    #expect(legs.closes.map(\.reason) == ["bye"])
    #expect(legs.payloads == [Self.kept("ABbye", limit)])
  }

  @Test(arguments: limits)
  func `of a compressed message the limit counts what it was before`(limit: Int) {
    var talk = Conversation()
    talk.upgrade(responseFields: ["Sec-WebSocket-Extensions: permessage-deflate"])
    let hello = PermessageDeflateTests.compressed(PermessageDeflateTests.hello)
    let again = PermessageDeflateTests.compressed(PermessageDeflateTests.again)
    talk.send(.server, hello + again + again)
    for size in [1, 4, 1000] {
      let legs = Stages.legEvents(of: talk.packets.cut(into: size), options: Self.options(limit))
      #expect(legs.payloads == (1...3).map { _ in Self.kept("Hello", limit) })
    }
  }

  /// 100,000 bytes of "a", as zlib writes them.
  @Test(arguments: [1, 20_000, 99_999, 100_000, 200_000])
  func `a message that was made much smaller is kept up to the limit`(limit: Int) {
    // A literal "a", then 387 copies of 258 bytes and one of 153 at distance 1, in fixed codes.
    let message = FixedDeflate.run(of: 0x61, count: 100_000)
    var talk = Conversation()
    talk.upgrade(responseFields: ["Sec-WebSocket-Extensions: permessage-deflate"])
    talk.send(.server, PermessageDeflateTests.compressed(message))
    talk.send(.server, WebSocketBytes.text("plain"))
    let payloads = Stages.legEvents(of: talk.packets, options: Self.options(limit)).payloads
    #expect(payloads.first == [UInt8](repeating: 0x61, count: min(limit, 100_000)))
    #expect(payloads.last == Array("plain".utf8.prefix(limit)))
  }

  @Test func `what is kept ends in front of missing bytes`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, Array(WebSocketBytes.text("Hello, world").prefix(5)))
    talk.sendUncaptured(.server, 4)
    talk.send(.server, Array("world".utf8) + WebSocketBytes.text("next"))
    talk.acknowledge(.client)
    let legs = Stages.legEvents(of: talk.packets, options: Self.options(100))
    #expect(legs.payloads == [Array("Hel".utf8), Array("next".utf8)])
    #expect(legs.frames.map(\.missing) == [4, 0])
  }
}

/// Writes deflate blocks with fixed codes (RFC 1951 §3.2.6).
enum FixedDeflate {
  /// One byte, repeated, as a compressed message without its last four bytes.
  static func run(of byte: UInt8, count: Int) -> [UInt8] {
    var bits: [UInt8] = [0, 1, 0]  // not final; fixed codes, least significant bit first
    func append(_ code: Int, _ length: Int) {
      for index in (0..<length).reversed() { bits.append(UInt8(code >> index & 1)) }
    }
    append(0x30 + Int(byte), 8)
    for _ in 0..<(count - 1) / 258 {
      append(0xc5, 8)  // length 258
      append(0, 5)  // distance 1
    }
    for _ in 0..<(count - 1) % 258 { append(0x30 + Int(byte), 8) }
    append(0, 7)  // end of block
    bits += [0, 0, 0]  // an empty block that is stored, cut behind its header
    return stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start..<min(start + 8, bits.count)].reversed().reduce(0) { $0 << 1 | $1 }
    }
  }
}
