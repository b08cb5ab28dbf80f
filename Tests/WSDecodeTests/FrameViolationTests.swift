import Streams
import TestSupport
import Testing
import WSDecode

@Suite struct FrameViolationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var side = Side.server
    /// The frames, of which the last has the violations.
    var frames: [[UInt8]]
    var violations: FrameViolations
    var deflate = false
  }

  static let text: [UInt8] = [0x81, 0x01, 0x61]
  static let open: [UInt8] = [0x01, 0x01, 0x61]
  static let masked: [UInt8] = [0x81, 0x81, 1, 2, 3, 4, 0x61]
  static let filler = [UInt8](repeating: 0x61, count: 126)
  static let close = WebSocketBytes.close(1000)

  static let rows = [
    Row(testDescription: "RSV1", frames: [[0xc1, 0x00]], violations: .reservedBits),
    Row(testDescription: "RSV2", frames: [[0xa1, 0x00]], violations: .reservedBits),
    Row(testDescription: "RSV3", frames: [[0x91, 0x00]], violations: .reservedBits),
    Row(
      testDescription: "RSV2 beside compression", frames: [[0xa1, 0x00]], violations: .reservedBits,
      deflate: true),
    Row(
      testDescription: "RSV1 in a control frame", frames: [[0xc9, 0x00]], violations: .reservedBits,
      deflate: true),
    Row(
      testDescription: "RSV1 in a later fragment", frames: [[0x41, 0x00], [0xc0, 0x00]],
      violations: .reservedBits, deflate: true),
    Row(testDescription: "opcode 0x3", frames: [[0x83, 0x00]], violations: .reservedOpcode),
    Row(testDescription: "opcode 0x7", frames: [[0x87, 0x00]], violations: .reservedOpcode),
    Row(testDescription: "opcode 0xb", frames: [[0x8b, 0x00]], violations: .reservedOpcode),
    Row(testDescription: "opcode 0xf", frames: [[0x8f, 0x00]], violations: .reservedOpcode),
    Row(testDescription: "a masked frame of the server", frames: [masked], violations: .masking),
    Row(
      testDescription: "an unmasked frame of the client", side: .client, frames: [text], violations: .masking),
    Row(testDescription: "a long PING", frames: [[0x89, 126, 0, 126] + filler], violations: .longControl),
    Row(testDescription: "a fragmented PING", frames: [[0x09, 0x00]], violations: .fragmentedControl),
    Row(
      testDescription: "a fragmented Close", frames: [[0x08, 0x02, 0x03, 0xe8]],
      violations: .fragmentedControl),
    Row(testDescription: "16 bits for 0 bytes", frames: [[0x82, 126, 0, 0]], violations: .longLength),
    Row(
      testDescription: "16 bits for 125", frames: [[0x82, 126, 0, 125] + filler.prefix(125)],
      violations: .longLength),
    Row(
      testDescription: "64 bits for 126", frames: [[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 126] + filler],
      violations: .longLength),
    Row(testDescription: "16 bits in a PING", frames: [[0x89, 126, 0, 1, 0x61]], violations: .longLength),
    Row(testDescription: "a continuation of nothing", frames: [[0x80, 0x00]], violations: .fragmentOrder),
    Row(
      testDescription: "a continuation of what is complete", frames: [open, [0x80, 0x00], [0x80, 0x00]],
      violations: .fragmentOrder),
    Row(testDescription: "a message inside another", frames: [open, text], violations: .fragmentOrder),
    Row(testDescription: "data behind a Close", frames: [close, text], violations: .afterClose),
    Row(testDescription: "a PONG behind a Close", frames: [close, [0x8a, 0x00]], violations: .afterClose),
    Row(testDescription: "a second Close", frames: [close, close], violations: .afterClose),
    Row(
      testDescription: "much at once", frames: [close, [0x7b, 0x80, 0, 0, 0, 0]],
      violations: [.reservedBits, .reservedOpcode, .masking, .fragmentedControl, .afterClose]),
  ]

  static let proper = [
    Row(testDescription: "text", frames: [text], violations: []),
    Row(testDescription: "a masked frame of the client", side: .client, frames: [masked], violations: []),
    Row(testDescription: "RSV1 with compression", frames: [[0xc1, 0x00]], violations: [], deflate: true),
    Row(testDescription: "RSV1 in a first fragment", frames: [[0x42, 0x00]], violations: [], deflate: true),
    Row(testDescription: "a PING of 125 bytes", frames: [[0x89, 125] + filler.prefix(125)], violations: []),
    Row(testDescription: "16 bits for 126", frames: [[0x82, 126, 0, 126] + filler], violations: []),
    Row(
      testDescription: "64 bits for 65,536",
      frames: [[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 0, count: 65_536)], violations: []),
    Row(testDescription: "a continuation", frames: [open, [0x89, 0x00], [0x80, 0x00]], violations: []),
    Row(testDescription: "a message behind another", frames: [open, [0x80, 0x00], text], violations: []),
  ]

  @Test(arguments: rows + proper)
  func `each breach of RFC 6455 is a flag of its frame`(_ row: Row) {
    for size in [1, 1 << 20] {
      var talk = Conversation()
      talk.upgrade(responseFields: row.deflate ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [])
      talk.send(row.side, Array(row.frames.joined()))
      let frames = Stages.legEvents(of: talk.packets.cut(into: size)).frames
      #expect(frames.count == row.frames.count)
      #expect(frames.last?.violations == row.violations)
      #expect(frames.dropLast().allSatisfy { $0.violations == [] })
    }
  }

  @Test func `a Close of one side says nothing about the other's frames`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, Self.close)
    talk.send(.client, WebSocketBytes.text("late", from: .client) + WebSocketBytes.close(1000, from: .client))
    #expect(Stages.legEvents(of: talk.packets).frames.map(\.violations) == [[], [], []])
  }

  @Test func `each second Close is told with its body`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, Self.close + WebSocketBytes.close(4321, "again"))
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.closes.map(\.code?.rawValue) == [1000, 4321])
    #expect(legs.closeFrames.map(\.violations) == [[], .afterClose])
  }

  /// RFC 6455 §5.2: the highest bit of a 64-bit length is 0.
  @Test(arguments: [1, 2, 9, 10, 100])
  func `a length that is too large loses the direction, however it is cut`(size: Int) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, Self.text + [0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0] + Self.text + Self.close)
    talk.send(.server, Self.close)
    talk.send(.client, Self.masked)
    talk.finish(.server)
    let legs = Stages.legEvents(of: talk.packets.cut(into: size))
    #expect(legs.facts.map(\.side) == [.server, .client])
    #expect(legs.losses == [Place(side: .server, offset: .afterResponse + 3)])
    #expect(legs.closes == [])
    #expect(legs.cuts == [])
  }
}
