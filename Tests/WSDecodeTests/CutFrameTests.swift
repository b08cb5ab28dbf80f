import Capture
import Streams
import TestSupport
import Testing
import WSDecode

/// Streams that end inside a frame.
@Suite struct CutFrameTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var side = Side.server
    var bytes: [UInt8]
    /// `nil` if the header was cut.
    var opcode: Opcode? = nil
    /// A Close that was cut.
    var close: CloseBody? = nil
  }

  static let rows = [
    Row(testDescription: "one byte of a header", bytes: [0x81]),
    Row(testDescription: "one byte of a Close", bytes: [0x88]),
    Row(testDescription: "half a header", bytes: [0x82, 127, 0, 0, 0, 0]),
    Row(testDescription: "half a masking key", side: .client, bytes: [0x88, 0x82, 1, 2]),
    Row(testDescription: "a header", bytes: [0x82, 0x05], opcode: .binary),
    Row(testDescription: "half a payload", bytes: [0x81, 0x05, 0x48, 0x65], opcode: .text),
    Row(
      testDescription: "a payload without its last byte", side: .client,
      bytes: Array(WebSocketBytes.frame(.binary, Array(0...99), from: .client).dropLast()), opcode: .binary),
    Row(
      testDescription: "a header of the largest length",
      bytes: [0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], opcode: .binary),
    Row(
      testDescription: "a Close's header", bytes: [0x88, 0x05], opcode: .close,
      close: CloseBody(captured: [], length: 5)),
    Row(
      testDescription: "half a Close's code", bytes: [0x88, 0x05, 0x10], opcode: .close,
      close: CloseBody(captured: [0x10], length: 5)),
    Row(
      testDescription: "a Close with half its reason", bytes: [0x88, 0x05, 0x10, 0xe1, 0x62],
      opcode: .close, close: CloseBody(captured: [0x10, 0xe1, 0x62], length: 5)),
    Row(
      testDescription: "a masked Close with half its reason", side: .client,
      bytes: Array(WebSocketBytes.close(4321, "bye", from: .client).dropLast(2)), opcode: .close,
      close: CloseBody(captured: [0x10, 0xe1, 0x62], length: 5)),
  ]

  enum End: CaseIterable, Sendable { case fin, finOnData, rst, captureEnd }

  static func conversation(_ row: Row, _ end: End) -> Conversation {
    var talk = Conversation()
    talk.upgrade()
    talk.send(row.side, WebSocketBytes.text("x", from: row.side))
    talk.send(row.side, row.bytes, fin: end == .finOnData)
    switch end {
    case .fin: talk.finish(row.side)
    case .finOnData: talk.fin(row.side.opposite)
    case .rst: talk.rst(row.side)
    case .captureEnd: break
    }
    return talk
  }

  @Test(arguments: rows, End.allCases)
  func `a stream that ends inside a frame tells how far it came`(_ row: Row, end: End) {
    for size in [1, 2, 1000] {
      let legs = Stages.legEvents(of: Self.conversation(row, end).packets.cut(into: size))
      let whole = UInt64(WebSocketBytes.text("x", from: row.side).count)
      let start = (row.side == .client ? .afterRequest : UInt64.afterResponse) + whole
      let range = start..<start + UInt64(row.bytes.count)
      #expect(legs.cuts == [CutFacts(side: row.side, range: range, opcode: row.opcode)])
      #expect(legs.facts.map(\.opcode) == [.text])
      #expect(legs.closes == (row.close.map { [$0] } ?? []))
      #expect(legs.losses == [])
    }
  }

  @Test func `a cut Close is told between the cut and the end, and not as a frame`() {
    let row = Row(testDescription: "", bytes: [0x88, 0x05, 0x10, 0xe1, 0x62])
    let events = Stages.legEvents(of: Self.conversation(row, .fin).packets).events
    let cut = events.firstIndex { if case .cut = $0 { true } else { false } }
    guard let cut, case .cut(_, _, let frame?) = events[cut] else {
      Issue.record("no cut")
      return
    }
    #expect(events[cut + 1] == .close(frame, CloseBody(captured: [0x10, 0xe1, 0x62], length: 5)))
    #expect(frame.range.upperBound - frame.range.lowerBound == 7)
    let end = events.firstIndex { if case .stream(.ended(.server, .fin, _, _)) = $0 { true } else { false } }
    #expect(end.map { $0 > cut } == true)
  }

  @Test(arguments: End.allCases)
  func `a stream that ends between frames is not cut`(end: End) {
    let row = Row(testDescription: "", bytes: WebSocketBytes.close(4321, "bye"))
    let legs = Stages.legEvents(of: Self.conversation(row, end).packets)
    #expect(legs.cuts == [])
    #expect(legs.closes.map(\.reason) == ["bye"])
  }

  @Test func `bytes behind the end are not the rest of a frame`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, [0x88], fin: true)
    var packets = talk.packets
    var late = try #require(packets.last)
    late.segment.packet.number += 1
    late.segment.sequence = late.segment.sequence + 1
    late.segment.flags = .ack
    late.payload = [0x02, 0x10, 0xe1]
    late.segment.payloadLength = 3
    late.segment.payload = 0..<3
    packets.append(late)
    let legs = Stages.legEvents(of: packets)
    let start = UInt64.afterResponse
    #expect(legs.cuts == [CutFacts(side: .server, range: start..<start + 1)])
    #expect(legs.facts == [])
    #expect(legs.closes == [])
  }

  @Test func `both directions may be cut`() {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, [0x81, 0x05, 0x61])
    talk.send(.client, [0x81])
    talk.rst(.client)
    let legs = Stages.legEvents(of: talk.packets)
    #expect(
      Set(legs.cuts) == [
        CutFacts(side: .server, range: .afterResponse ..< .afterResponse + 3, opcode: .text),
        CutFacts(side: .client, range: .afterRequest ..< .afterRequest + 1, opcode: nil),
      ])
    #expect(legs.cuts.count == 2)
  }
}
