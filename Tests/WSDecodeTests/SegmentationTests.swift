import Streams
import TestSupport
import Testing
import WSDecode

/// TCP has no boundaries: how a stream is cut into segments never changes what is told of it.
@Suite struct SegmentationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var packets: [TestPacket]
  }

  static func row(_ description: String, _ send: (inout Conversation) -> Void) -> Row {
    var talk = Conversation()
    send(&talk)
    return Row(testDescription: description, packets: talk.packets)
  }

  static let sizes = [0, 1, 5, 125, 126, 127, 200]

  static let rows = [
    row("frames of all sizes") { talk in
      talk.upgrade()
      for side in [Side.server, .client] {
        talk.send(
          side,
          Array(
            sizes.map { WebSocketBytes.frame(.binary, [UInt8](repeating: 0x88, count: $0), from: side) }
              .joined()))
        talk.send(side, WebSocketBytes.close(4321, "bye", from: side))
      }
      talk.finish(.server)
    },
    row("frames with violations") { talk in
      talk.upgrade()
      talk.send(
        .server, Array(FrameViolationTests.rows.filter { $0.side == .server }.flatMap(\.frames).joined()))
      talk.finish(.client)
    },
    row("an upgrade behind other messages") { talk in
      talk.open()
      for row in ResponseBodyTests.rows {
        talk.send(.client, WebSocketBytes.lines(["\(row.method) / HTTP/1.1"]))
        talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 \(row.status)"] + row.fields) + row.body)
      }
      talk.send(.client, WebSocketBytes.request(target: "/refused"))
      talk.send(.server, WebSocketBytes.refusal)
      talk.send(.client, WebSocketBytes.request())
      talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("hi") + WebSocketBytes.close(1000))
      talk.send(.client, WebSocketBytes.close(1000, from: .client))
      talk.rst(.client)
    },
    row("compressed messages") { talk in
      talk.upgrade(responseFields: ["Sec-WebSocket-Extensions: permessage-deflate"])
      for row in PermessageDeflateTests.rows where row.takesOver {
        talk.send(.server, Array(row.messages.map { PermessageDeflateTests.compressed($0) }.joined()))
      }
    },
    row("frames that the end of the stream cuts") { talk in
      talk.upgrade()
      talk.send(.server, WebSocketBytes.text("one") + [0x88, 0x05, 0x10, 0xe1, 0x62], fin: true)
      talk.send(.client, [0x81, 0x85, 1, 2, 3], fin: true)
    },
    row("payloads with missing bytes") { talk in
      talk.upgrade()
      let frame = WebSocketBytes.frame(.binary, [UInt8](repeating: 0x61, count: 120), from: .client)
      for _ in 1...3 {
        talk.send(.client, Array(frame.prefix(20)))
        talk.sendUncaptured(.client, 90)
        talk.send(.client, Array(frame.suffix(from: 110)))
      }
      talk.send(.client, WebSocketBytes.close(1000, "bye", from: .client))
      talk.acknowledge(.server)
      talk.finish(.client)
    },
    row("a 101 in front of its request") { talk in
      talk.open()
      talk.send(.server, WebSocketBytes.response() + WebSocketBytes.text("hi"))
      talk.send(.client, WebSocketBytes.request() + WebSocketBytes.text("ho", from: .client))
      talk.send(.server, WebSocketBytes.close(4321))
    },
    row("a length that is too large") { talk in
      talk.upgrade()
      talk.send(.server, WebSocketBytes.text("hi") + [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5])
      talk.finish(.server)
    },
  ]

  @Test(arguments: rows, 1...9)
  func `cutting every segment never changes frames, Closes and offsets`(_ row: Row, size: Int) {
    var options = FrameOptions()
    options.payloadLimit = 60
    let whole = Stages.legEvents(of: row.packets, options: options)
    let cut = Stages.legEvents(of: row.packets.cut(into: size), options: options)
    #expect(!whole.events.isEmpty)
    #expect(cut.facts == whole.facts)
    #expect(cut.frames.map(\.sample) == whole.frames.map(\.sample))
    #expect(cut.closes == whole.closes)
    #expect(cut.cuts == whole.cuts)
    #expect(cut.losses == whole.losses)
    #expect(cut.finds == whole.finds)
    #expect(cut.fins == whole.fins)
    #expect(cut.openings.map(\.request?.endOffset) == whole.openings.map(\.request?.endOffset))
    #expect(cut.responses.map(\.endOffset) == whole.responses.map(\.endOffset))
  }

  @Test(arguments: rows)
  func `segments that are seen twice never change what is told`(_ row: Row) {
    let whole = Stages.legEvents(of: row.packets)
    let doubled = Stages.legEvents(of: row.packets.doubled)
    #expect(doubled.facts == whole.facts)
    #expect(doubled.closes == whole.closes)
    #expect(doubled.cuts == whole.cuts)
    #expect(doubled.losses == whole.losses)
  }
}
