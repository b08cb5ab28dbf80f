import CloseAnalysis
import Streams
import TestSupport
import Testing
import WSDecode

/// Who ended the client-most leg, where the capture does not show everything.
@Suite struct TeardownTests {
  static func conversation(_ body: (inout Conversation) -> Void) -> Conversation {
    var talk = Conversation()
    talk.upgrade(responseFields: ["server: envoy"])
    talk.send(.server, WebSocketBytes.text("hello"))
    talk.acknowledge(.client)
    talk.time += 3
    body(&talk)
    return talk
  }

  /// The FIN of the other side acknowledges it.
  @Test(arguments: [Side.client, .server])
  func `the second FIN is not taken for the first that is missing`(first: Side) {
    let talk = Self.conversation { $0.finish(first) }
    var packets = talk.packets
    #expect(Stages.sessions(of: packets)[0].teardown?.by == (first == .client ? .client : .proxy))
    packets.remove(at: packets.count - 3)
    let session = Stages.sessions(of: TestPacket.numbered(packets))[0]
    #expect(session.teardown?.by == .unknown)
    #expect(session.finding("client-left") == nil && session.finding("no-close-from-proxy") == nil)
  }

  /// A filter such as `src host`.
  @Test(arguments: [Side.client, .server], [Side.client, .server])
  func `one direction alone does not tell who ended first`(seen: Side, first: Side) {
    let talk = Self.conversation { $0.finish(first) }
    let half = talk.packets.filter { ($0.segment.source == talk.client) == (seen == .client) }
    let sessions = Stages.sessions(of: TestPacket.numbered(half))
    for session in sessions {
      #expect(session.teardown.map { $0.by == .unknown } ?? true)
      #expect(!session.rules.contains { $0.hasPrefix("no-close-from") || $0 == "client-left" })
    }
  }

  @Test func `without the handshake nobody knows whether a server or a proxy ended`() {
    let talk = Self.conversation {
      $0.send(.server, WebSocketBytes.close(4321, "test"))
      $0.send(.client, WebSocketBytes.close(4321, "test", from: .client))
      $0.acknowledge(.server)
      $0.finish(.server)
    }
    #expect(Stages.sessions(of: talk.packets)[0].teardown?.by == .proxy)
    let late = talk.packets.dropFirst(6)
    let session = Stages.sessions(of: TestPacket.numbered(Array(late)))[0]
    #expect(session.teardown?.by == .unknown)
    #expect(session.answer.contains("before 10.9.1.1:80 ended the connection"))
  }

  // MARK: Behind a Close frame

  static let rests: [[UInt8]] = [
    Array("HTTP/1.1 400 Bad Request".utf8), [0x82, 0x7e, 0x10], Array("garbage".utf8),
  ]

  /// Nothing is a frame that follows a Close frame and breaks the rules.
  @Test(arguments: rests)
  func `what follows a Close frame is no frame that was cut`(rest: [UInt8]) throws {
    let talk = Self.conversation {
      $0.send(.server, WebSocketBytes.close(4321, "test") + rest)
      $0.acknowledge(.client)
      $0.send(.client, WebSocketBytes.close(4321, "test", from: .client))
      $0.acknowledge(.server)
      $0.finish(.server)
    }
    let session = Stages.sessions(of: talk.packets)[0]
    #expect(session.finding("proxy-cut-stream") == nil)
    let finding = try #require(session.finding("invalid-close"))
    #expect(finding.text.contains("is followed by") && !finding.text.contains("second Close"))
  }

  // MARK: Clients that leave for a reason

  @Test(arguments: [(1001, false), (1002, true), (1007, true)] as [(UInt16, Bool)])
  func `a client that closes for an error is not said to have left a page`(code: UInt16, isError: Bool) throws
  {
    let talk = Self.conversation {
      $0.send(.server, WebSocketBytes.frame(.ping, Array(repeating: 1, count: 200)))
      $0.send(.client, WebSocketBytes.close(code, from: .client))
      $0.finish(.client)
    }
    let text = try #require(Stages.finding("client-left", in: talk.packets)).text
    #expect(text.contains("a page that is left") == !isError)
    #expect(text.contains("wsclose explain \(code)") == isError)
    #expect(text.contains("frames from the server's side do break RFC 6455") == isError)
  }

  // MARK: A second upgrade on a connection that is ending

  /// As a browser that is asked for a password tries again.
  @Test func `an upgrade on a connection whose server has ended is not one-sided`() throws {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request())
    talk.send(.server, WebSocketBytes.lines(["HTTP/1.1 401 Unauthorized", "Content-Length: 0"]))
    talk.fin(.server)
    talk.send(.client, WebSocketBytes.request(target: "/again"))
    talk.rst(.server, acknowledging: false)
    let captures = Stages.sessions(ofCaptures: [talk.packets, talk.packets.shifted(by: 0.25)])
    #expect(captures.count == 2)
    let second = try #require(captures.last)
    #expect(second.legs[0].observations.count == 2)
    #expect(second.verdict == .absent)
    #expect(second.finding("capture-one-sided") == nil)
    #expect(second.finding("upgrade-refused") != nil)
  }
}
