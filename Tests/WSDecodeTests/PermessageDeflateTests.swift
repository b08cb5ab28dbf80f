import Streams
import TestSupport
import Testing
import WSDecode

/// Compressed messages, mostly those of RFC 7692 §7.2.3.
@Suite struct PermessageDeflateTests {
  static let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
  /// "Hello" again, as five bytes of the window.
  static let again: [UInt8] = [0xf2, 0x00, 0x11, 0x00, 0x00]
  static let stored: [UInt8] = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]
  static let final: [UInt8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]
  static let twoBlocks: [UInt8] = [
    0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
  ]
  static let text = Array("Hello".utf8)

  static func compressed(_ bytes: [UInt8], from side: Side = .server) -> [UInt8] {
    WebSocketBytes.frame(.text, bytes, reserved: 0b100, mask: side == .client ? 0x1122_3344 : nil)
  }

  static func conversation(
    takesOver: Bool = true, _ send: (inout Conversation) -> Void
  ) -> [TestPacket] {
    let parameters = takesOver ? "" : "; client_no_context_takeover; server_no_context_takeover"
    var talk = Conversation()
    talk.upgrade(responseFields: ["Sec-WebSocket-Extensions: permessage-deflate" + parameters])
    send(&talk)
    talk.acknowledge(.client)
    talk.finish(.server)
    return talk.packets
  }

  static func payloads(_ packets: [TestPacket], limit: Int = 100) -> [[UInt8]?] {
    var options = FrameOptions()
    options.payloadLimit = limit
    return Stages.legEvents(of: packets, options: options).payloads
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var messages: [[UInt8]]
    var takesOver = true
    /// `nil` where the message cannot be known.
    var texts: [String?]
  }

  static let rows = [
    Row(testDescription: "one block", messages: [hello], texts: ["Hello"]),
    Row(
      testDescription: "a shared window", messages: [hello, again, again], texts: ["Hello", "Hello", "Hello"]),
    Row(
      testDescription: "no shared window", messages: [hello, hello, hello], takesOver: false,
      texts: ["Hello", "Hello", "Hello"]),
    Row(testDescription: "a block that is stored", messages: [stored, again], texts: ["Hello", "Hello"]),
    Row(testDescription: "two blocks", messages: [twoBlocks, hello], texts: ["Hello", "Hello"]),
    Row(testDescription: "an empty message", messages: [[0x00], hello], texts: ["", "Hello"]),
    Row(testDescription: "a final block", messages: [final], texts: ["Hello"]),
    Row(
      testDescription: "a final block, then others, with a shared window",
      messages: [final, hello, final, again], texts: ["Hello", "Hello", "Hello", "Hello"]),
    Row(
      testDescription: "final blocks without a shared window", messages: [final, final, hello],
      takesOver: false, texts: ["Hello", "Hello", "Hello"]),
    Row(
      testDescription: "a window that is not shared", messages: [hello, again, hello], takesOver: false,
      texts: ["Hello", nil, "Hello"]),
    Row(testDescription: "no deflate at all", messages: [[0xff, 0xff]], texts: [nil]),
  ]

  @Test(arguments: rows, [Side.client, .server])
  func `a compressed message is told as it was before`(_ row: Row, side: Side) {
    let packets = Self.conversation(takesOver: row.takesOver) { talk in
      for message in row.messages { talk.send(side, Self.compressed(message, from: side)) }
    }
    for size in [1, 2, 3, 1000] {
      #expect(Self.payloads(packets.cut(into: size)) == row.texts.map { $0.map { Array($0.utf8) } })
    }
  }

  @Test(arguments: [false, true])
  func `only who keeps the window may refer to it`(clientKeeps: Bool) {
    var talk = Conversation()
    let name = clientKeeps ? "server" : "client"
    talk.upgrade(responseFields: ["Sec-WebSocket-Extensions: permessage-deflate; \(name)_no_context_takeover"]
    )
    for side in [Side.client, .server] {
      talk.send(side, Self.compressed(Self.hello, from: side) + Self.compressed(Self.again, from: side))
    }
    let other: [UInt8]? = nil
    #expect(
      Self.payloads(talk.packets)
        == (clientKeeps
          ? [Self.text, Self.text, Self.text, other] : [Self.text, other, Self.text, Self.text]))
  }

  @Test(arguments: 1...6)
  func `the fragments of a message are told piece by piece`(first: Int) {
    let packets = Self.conversation { talk in
      talk.send(
        .server,
        WebSocketBytes.frame(.text, Array(Self.hello.prefix(first)), isFinal: false, reserved: 0b100)
          + WebSocketBytes.frame(.ping, Array("p".utf8))
          + WebSocketBytes.frame(.continuation, Array(Self.hello.dropFirst(first)))
          + WebSocketBytes.frame(.text, Array("plain".utf8)) + Self.compressed(Self.again))
    }
    let payloads = Self.payloads(packets)
    #expect(payloads.count == 5)
    #expect(payloads[1] == Array("p".utf8))
    #expect((payloads[0] ?? []) + (payloads[2] ?? []) == Self.text)
    #expect(payloads[3...] == [Array("plain".utf8), Self.text])
  }

  @Test func `without the extension the bytes are told as they are`() {
    var talk = Conversation()
    talk.upgrade(requestFields: ["Sec-WebSocket-Extensions: permessage-deflate"])
    talk.send(.server, WebSocketBytes.frame(.text, Self.hello))
    #expect(Self.payloads(talk.packets) == [Self.hello])
  }

  // MARK: Missing bytes

  @Test(arguments: [false, true])
  func `a message with missing bytes is nil and not garbage`(takesOver: Bool) {
    for missing in 1...6 {
      let packets = Self.conversation(takesOver: takesOver) { talk in
        talk.send(.server, Self.compressed(Self.hello))
        talk.send(.server, Array(Self.compressed(Self.hello).prefix(2)))
        talk.sendUncaptured(.server, UInt32(missing))
        talk.send(.server, Array(Self.hello.dropFirst(missing)) + WebSocketBytes.text("plain"))
        talk.send(.server, Self.compressed(Self.hello))
        talk.send(.server, Self.compressed(Self.hello))
      }
      let later: [UInt8]? = takesOver ? nil : Self.text
      #expect(Self.payloads(packets) == [Self.text, nil, Array("plain".utf8), later, later])
    }
  }

  @Test func `the other direction's window is not touched`() {
    let packets = Self.conversation { talk in
      talk.send(.client, Self.compressed(Self.hello, from: .client))
      talk.send(.server, Array(Self.compressed(Self.hello).prefix(3)))
      talk.sendUncaptured(.server, 6)
      talk.send(.client, Self.compressed(Self.again, from: .client))
    }
    #expect(Set(Self.payloads(packets)) == [Self.text, nil])
    #expect(Self.payloads(packets).count == 3)
  }

  @Test func `a message found in the middle of a stream is nil if it needs what came before`() {
    let packets = Self.conversation { talk in
      talk.sendUncaptured(.server, 50)
      for _ in 1...3 { talk.send(.server, Self.compressed(Self.again)) }
    }
    #expect(Self.payloads(packets) == [nil, nil, nil])
  }
}
