import TestSupport
import Testing
import WSDecode

@Suite struct MaskingTests {
  @Test func `the mask repeats the key from its first byte on`() throws {
    let bytes: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]
    let header = try #require(try FrameHeader(parsing: bytes.span, at: 0))
    let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
    for position in 0..<64 { #expect(header.mask(at: UInt64(position)) == key[position % 4]) }
    #expect(header.mask(at: 0xffff_ffff) == 0x3d)
    #expect(header.mask(at: 1 << 32) == 0x37)
    #expect(header.mask(at: .max) == 0x3d)
  }

  @Test func `an unmasked frame has a mask of zeros`() throws {
    let header = try #require(try FrameHeader(parsing: [0x81, 0x05].span, at: 0))
    for position in 0..<8 { #expect(header.mask(at: UInt64(position)) == 0) }
  }

  /// RFC 6455 §5.7: "Hello", masked.
  static let hello: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]

  static func payloads(of packets: [TestPacket], limit: Int = 1000) -> [[UInt8]?] {
    var options = FrameOptions()
    options.payloadLimit = limit
    return Stages.legEvents(of: packets, options: options).payloads
  }

  @Test(arguments: 1...12)
  func `payload is unmasked however its segments are cut`(size: Int) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, Self.hello + WebSocketBytes.frame(.binary, Array(0...200), from: .client))
    #expect(Self.payloads(of: talk.packets.cut(into: size)) == [Array("Hello".utf8), Array(0...200)])
  }

  @Test(arguments: 1...7)
  func `each frame has a key of its own`(size: Int) {
    let keys: [UInt32] = [0, 1, 0xff00_00ff, 0xdead_beef, .max]
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, keys.flatMap { WebSocketBytes.frame(.text, Array("same".utf8), mask: $0) })
    #expect(
      Self.payloads(of: talk.packets.cut(into: size)) == keys.map { _ in Array("same".utf8) })
  }

  /// The frame's bytes are sent in three parts; of the middle one the capture has nothing.
  @Test(arguments: 1...9)
  func `a Close frame is read with the right mask although bytes in front of it are missing`(missing: Int) {
    let frame = WebSocketBytes.frame(.binary, [UInt8](repeating: 7, count: 40), from: .client)
    var talk = Conversation()
    talk.upgrade()
    talk.send(.client, Array(frame.prefix(10)))
    talk.sendUncaptured(.client, UInt32(missing))
    talk.send(
      .client, Array(frame.dropFirst(10 + missing)) + WebSocketBytes.close(4321, "bye", from: .client))
    talk.acknowledge(.server)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes.map(\.code?.rawValue) == [4321])
    #expect(legs.closes.map(\.reason) == ["bye"])
    #expect(legs.frames.map(\.missing) == [UInt64(missing), 0])
  }

  @Test func `a server may mask although it must not, and is read all the same`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.frame(.close, [0x03, 0xe9, 0x78], mask: 0x0102_0304))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes.map(\.reason) == ["x"])
    #expect(legs.frames.map(\.violations) == [.masking])
  }
}
