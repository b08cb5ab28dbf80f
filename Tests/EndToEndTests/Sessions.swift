import Streams
import TestSupport
import WSDecode

/// Captures that the recordings do not have: made up packet by packet.
enum Sessions {
  static var all: [[TestPacket]] {
    [
      refused, hostile, gap, oneSided, snapped, unfinished, reset, oddCloses, violations, picked, secret,
      several, [],
    ]
  }

  static var refused: [TestPacket] {
    conversation { leg in
      leg.open()
      leg.send(.client, WebSocketBytes.request())
      leg.send(.server, WebSocketBytes.lines(["HTTP/1.1 403 \u{1b}[31mForbidden", "Content-Length: 0"]))
      leg.finish(.server)
    }
  }

  static var hostile: [TestPacket] {
    conversation { leg in
      leg.open()
      leg.send(
        .client,
        WebSocketBytes.request(
          target: "/\u{202e}\u{1b}[2J", extraFields: ["User-Agent: \u{0}\u{7}", "Via: <b>\u{9b}"]))
      leg.send(.server, WebSocketBytes.response(extraFields: ["Server: envoy\u{1b}]0;x\u{7}"]))
      leg.send(.server, WebSocketBytes.text("\u{1b}[31mred\u{202e}\nlost   fake"))
      leg.send(
        .server, WebSocketBytes.frame(.close, [0x10, 0xe1, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff, 0x00, 0x0a]))
      leg.finish(.server)
    }
  }

  static var gap: [TestPacket] {
    conversation { leg in
      leg.upgrade()
      leg.sendUncaptured(.server, 1000)
      leg.acknowledge(.client)
      leg.finish(.server)
    }
  }

  static var oneSided: [TestPacket] {
    TestPacket.numbered(delivered().filter { $0.segment.source.port == 80 })
  }

  static var snapped: [TestPacket] { delivered(text: String(repeating: "x", count: 500)).snapped(to: 40) }

  static var unfinished: [TestPacket] { Array(delivered().dropLast(3)) }

  static var reset: [TestPacket] {
    conversation { leg in
      leg.upgrade()
      leg.send(.server, WebSocketBytes.close(1011, "Ünïcödé 🧨"))
      leg.rst(.client)
    }
  }

  static var oddCloses: [TestPacket] {
    let bodies: [[UInt8]] = [
      [], [0x03], [0x03, 0xe8], [0x03, 0xed], [0, 0], [0xff, 0xff], [0x03, 0xe8, 0xc3],
    ]
    return TestPacket.merged(
      bodies.enumerated().map { index, body in
        conversation("10.9.1.2:\(41000 + index)", at: Double(index), index) { leg in
          leg.upgrade(key: "\(index)AAAAAAAAAAAAAAAAAAAAA==")
          leg.send(.server, WebSocketBytes.frame(.close, body))
          leg.finish(.server)
        }
      })
  }

  static var violations: [TestPacket] {
    conversation { leg in
      leg.upgrade()
      leg.send(.server, WebSocketBytes.frame(.text, [1, 2, 3], reserved: 7, mask: 5))
      leg.send(.server, WebSocketBytes.frame(Opcode(rawValue: 0xf), [], isFinal: false))
      leg.send(.server, WebSocketBytes.frame(.ping, [UInt8](repeating: 7, count: 200)))
      leg.send(.server, WebSocketBytes.frame(.continuation, []))
      leg.send(.server, WebSocketBytes.close(4321, "test") + WebSocketBytes.close(1000) + [0x82, 0x7e, 0x01])
      leg.finish(.server)
    }
  }

  static var picked: [TestPacket] { TestPacket.numbered(Array(delivered(text: "hello").dropFirst(6))) }

  static var secret: [TestPacket] {
    conversation { leg in
      leg.open()
      leg.send(
        .client,
        WebSocketBytes.request(
          target: "/feed?token=SECRET&v=SECRET",
          extraFields: ["Cookie: session=SECRET", "Authorization: Bearer SECRET", "Referer: /?token=SECRET"]))
      leg.send(.server, WebSocketBytes.response(extraFields: ["Set-Cookie: session=SECRET"]))
      leg.send(.server, WebSocketBytes.text("SECRET"))
      leg.send(.client, WebSocketBytes.frame(.binary, Array("SECRET".utf8), mask: 0))
      leg.send(.server, WebSocketBytes.frame(.ping, Array("SECRET".utf8)))
      leg.send(.server, WebSocketBytes.close(4321, "test"))
      leg.finish(.server)
    }
  }

  /// Two sessions of one client.
  static var several: [TestPacket] {
    TestPacket.merged(
      (1...2).map { number in
        conversation("10.9.1.2:\(41000 + number)", at: Double(number), number) { leg in
          leg.upgrade(key: "\(number)AAAAAAAAAAAAAAAAAAAAA==")
          leg.send(.server, WebSocketBytes.close(4321, "test"))
          leg.finish(.server)
        }
      })
  }

  static func delivered(text: String = "") -> [TestPacket] {
    conversation { leg in
      leg.upgrade()
      leg.send(.server, WebSocketBytes.text(text))
      leg.send(.client, WebSocketBytes.text(text, from: .client))
      leg.send(.server, WebSocketBytes.close(4321, "test"))
      leg.send(.client, WebSocketBytes.close(4321, "test", from: .client))
      leg.finish(.server)
    }
  }

  private static func conversation(
    _ client: String = "10.9.1.2:40000", at time: Double = 0, _ number: Int = 0,
    _ body: (inout Conversation) -> Void
  ) -> [TestPacket] {
    // Equal sequence numbers would make one leg, seen twice, of two.
    var conversation = Conversation(
      client: client, at: time, clientISN: UInt32(number), serverISN: 1000 * UInt32(number))
    body(&conversation)
    return conversation.packets
  }
}
