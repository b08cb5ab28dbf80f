import Streams
import TestSupport
import Testing
import WSDecode

/// What bytes that the capture lacks do to the frames of a direction.
@Suite struct FrameGapTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var side = Side.server
    /// Bytes of the stream behind the handshake that are missing.
    var missing: Range<Int>
    /// How many of them each frame lacks.
    var lacks: [UInt64]
  }

  /// 300 bytes of binary behind a header of 4 bytes, a PING, text of 20 bytes, a Close.
  static func frames(_ side: Side) -> [[UInt8]] {
    [
      WebSocketBytes.frame(.binary, [UInt8](repeating: 0x88, count: 300), from: side),
      WebSocketBytes.frame(.ping, [], from: side),
      WebSocketBytes.frame(.text, [UInt8](repeating: 0x61, count: 20), from: side),
      WebSocketBytes.close(4321, "bye", from: side),
    ]
  }

  static func legs(_ side: Side, missing ranges: [Range<Int>], snapped: Bool = false) -> LegRecorder {
    let bytes = Array(frames(side).joined())
    var talk = Conversation()
    talk.upgrade()
    var index = 0
    for range in ranges {
      if index < range.lowerBound { talk.send(side, Array(bytes[index..<range.lowerBound])) }
      talk.sendUncaptured(side, UInt32(range.count))
      index = range.upperBound
    }
    if index < bytes.count { talk.send(side, Array(bytes[index...])) }
    talk.acknowledge(side.opposite)
    talk.finish(side)
    return Stages.legEvents(of: talk.packets)
  }

  static let rows = [
    Row(testDescription: "one byte of a payload", missing: 100..<101, lacks: [1, 0, 0, 0]),
    Row(testDescription: "a payload's beginning", missing: 4..<200, lacks: [196, 0, 0, 0]),
    Row(testDescription: "a payload's end", missing: 200..<304, lacks: [104, 0, 0, 0]),
    Row(testDescription: "a whole payload", missing: 4..<304, lacks: [300, 0, 0, 0]),
    Row(testDescription: "a short payload", missing: 308..<328, lacks: [0, 0, 20, 0]),
    Row(testDescription: "a payload of the client", side: .client, missing: 8..<308, lacks: [300, 0, 0, 0]),
  ]

  @Test(arguments: rows)
  func `bytes missing inside a payload keep the boundaries`(_ row: Row) {
    let legs = Self.legs(row.side, missing: [row.missing])
    let start = Int(row.side == .client ? UInt64.afterRequest : .afterResponse)
    #expect(legs.facts.map(\.range) == Script(after: start, Self.frames(row.side)).ranges)
    #expect(legs.facts.map(\.missing) == row.lacks)
    #expect(legs.closes.map(\.reason) == ["bye"])
    #expect(legs.losses == [] && legs.finds == [] && legs.cuts == [])
  }

  @Test func `several parts of a payload may be missing`() {
    let legs = Self.legs(.server, missing: [10..<20, 30..<40, 300..<304, 310..<311])
    #expect(legs.facts.map(\.missing) == [24, 0, 1, 0])
    #expect(legs.losses == [])
  }

  static let closeParts: [(Range<Int>, UInt16?)] = [
    (330..<335, nil), (331..<335, nil), (332..<335, 4321), (334..<335, 4321),
  ]

  @Test(arguments: closeParts)
  func `a Close whose end is missing is a Close`(missing: Range<Int>, code: UInt16?) {
    let legs = Self.legs(.server, missing: [missing])
    #expect(legs.closeFrames.map(\.missing) == [UInt64(missing.count)])
    #expect(legs.closes.map(\.code?.rawValue) == [code])
    #expect(legs.closes.map(\.isComplete) == [false])
    #expect(legs.closes.map(\.reason) == [nil])
    #expect(legs.cuts == [])
  }

  /// The middle of the Close's body: what follows it may not be taken for its beginning.
  @Test func `a Close whose code is missing has none`() {
    let legs = Self.legs(.server, missing: [330..<332])
    #expect(legs.closes == [CloseBody(captured: [], length: 5)])
  }

  static let losing = [
    Row(testDescription: "a header's end", missing: 2..<10, lacks: []),
    Row(testDescription: "a header", missing: 0..<4, lacks: []),
    Row(testDescription: "a payload's end and the header behind it", missing: 200..<305, lacks: []),
    Row(testDescription: "a frame and more", missing: 304..<320, lacks: [0]),
    Row(testDescription: "the Close's first byte", missing: 328..<329, lacks: [0, 0, 0]),
  ]

  @Test(arguments: losing)
  func `bytes missing over a header lose the direction, and nothing is made up`(_ row: Row) {
    let legs = Self.legs(.server, missing: [row.missing])
    let ranges = Script(after: Int(UInt64.afterResponse), Self.frames(.server)).ranges
    #expect(legs.facts.map(\.range) == Array(ranges.prefix(row.lacks.count)))
    #expect(legs.losses == [Place(side: .server, offset: .afterResponse + UInt64(row.missing.lowerBound))])
    #expect(legs.finds == [] && legs.closes == [] && legs.cuts == [])
  }

  @Test func `a direction that is lost leaves the other alone`() {
    var talk = Conversation()
    talk.upgrade()
    talk.sendUncaptured(.server, 100)
    talk.send(.server, [0x61, 0x62, 0x63])
    talk.send(.client, WebSocketBytes.text("x", from: .client) + WebSocketBytes.close(1000, from: .client))
    talk.acknowledge(.client)
    talk.finish(.client)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(legs.facts.map(\.side) == [.client, .client])
    #expect(legs.losses.map(\.side) == [.server])
  }

  @Test(arguments: [60, 100, 200])
  func `what a snaplen cuts is missing from payloads alone`(snaplen: Int) {
    let frames = (0..<5).map { WebSocketBytes.frame(.binary, [UInt8](repeating: UInt8($0), count: 250)) }
    var talk = Conversation()
    talk.upgrade()
    let handshake = talk.packets
    for frame in frames { talk.send(.server, frame) }
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    let legs = Stages.legEvents(
      of: handshake + talk.packets.dropFirst(handshake.count).map { $0 }.snapped(to: snaplen))
    #expect(legs.facts.map(\.missing) == [UInt64](repeating: UInt64(254 - snaplen), count: 5) + [0])
    #expect(legs.closes.map(\.reason) == ["bye"])
    #expect(legs.losses == [])
  }
}
