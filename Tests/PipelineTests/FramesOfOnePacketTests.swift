import CloseAnalysis
import Pipeline
import TCPReassembly
import TestSupport
import Testing
import WSDecode

/// Small messages come many in a packet, and are told some at a time.
@Suite struct FramesOfOnePacketTests {
  struct Facts: Equatable {
    var frames: UInt64
    var messages: UInt64
    var payloadBytes: UInt64
    var sentEnd: UInt64
    var marks: [UInt64]
    var violations: FrameViolations

    init(_ stream: LegStream) {
      frames = stream.frames
      messages = stream.messages
      payloadBytes = stream.payloadBytes
      sentEnd = stream.sentEnd
      marks = stream.marks.all.map(\.digest).sorted()
      violations = stream.violations
    }
  }

  /// - Parameter size: messages of one packet.
  static func conversation(_ messages: [[UInt8]], inPacketsOf size: Int) -> Conversation {
    var talk = Conversation()
    talk.upgrade()
    for first in stride(from: 0, to: messages.count, by: size) {
      let packet = messages[first..<min(first + size, messages.count)]
      talk.send(.server, packet.flatMap(\.self))
    }
    talk.send(.server, WebSocketBytes.close(1000))
    talk.finish(.server)
    return talk
  }

  static func facts(_ talk: Conversation) throws -> Facts {
    var decoder = WebSocketDecoder(into: LegHandOver(LegCollector()))
    var reassembler = Reassembler()
    for packet in talk.packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder)
    }
    reassembler.finish(into: &decoder)
    var handOver = decoder.sink
    let legs = handOver.finish { $0.legs }
    return Facts(try #require(legs.first).server)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 16, 17, 33, 300], [false, true])
  func `they count as those of several packets do`(count: Int, isBroken: Bool) throws {
    // A server does not mask (RFC 6455 §5.1).
    let messages = (0..<count).map { number in
      WebSocketBytes.text("message \(number)", from: isBroken && number == count / 2 ? .client : .server)
    }
    let apart = try Self.facts(Self.conversation(messages, inPacketsOf: 1))
    #expect(apart.frames == UInt64(count) + 1)
    #expect(apart.violations == (isBroken ? .masking : []))
    for size in [2, 3, 8, 9, count] {
      #expect(try Self.facts(Self.conversation(messages, inPacketsOf: size)) == apart)
    }
  }
}
