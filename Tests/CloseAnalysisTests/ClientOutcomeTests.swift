import CloseAnalysis
import Foundation
import Streams
import TestSupport
import Testing
import WSDecode

/// What each program is told, as it was measured.
@Suite struct ClientOutcomeTests {
  static func outcomes(_ packets: [TestPacket]) -> [ClientProgram: ClientOutcome] {
    let all = Stages.sessions(of: packets).first?.clientSees ?? []
    return Dictionary(all.map { ($0.client, $0) }) { first, _ in first }
  }

  static func closed(_ bytes: [UInt8], requestFields: [String] = [], key: String? = nil) -> [TestPacket] {
    var talk = Conversation()
    talk.open()
    talk.send(.client, WebSocketBytes.request(extraFields: requestFields))
    talk.send(.server, WebSocketBytes.response(key: key ?? WebSocketBytes.key))
    talk.send(.server, bytes)
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.close(1002, from: .client))
    talk.acknowledge(.server)
    talk.finish(.server)
    return talk.packets
  }

  // MARK: Broken Close frames

  /// A program reports a code, clean, or 1006.
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var chromium: UInt16
    var firefox: UInt16
    var node: UInt16
  }

  static let undefined: [UInt16] = [0, 999, 1004, 1016, 2999, 5000, 65535]
  static let body: [UInt8] = [0x10, 0xe1]
  static let rows =
    undefined.map {
      Row(
        testDescription: "code \($0)", bytes: WebSocketBytes.close($0), chromium: $0, firefox: $0, node: 1006)
    }
    + [1005, 1006, 1015].map {
      Row(
        testDescription: "code \($0)", bytes: WebSocketBytes.close($0), chromium: 1006, firefox: $0,
        node: 1006)
    }
    + [
      Row(testDescription: "1 byte", bytes: [0x88, 1, 0x10], chromium: 1006, firefox: 1005, node: 1006),
      Row(
        testDescription: "not UTF-8", bytes: WebSocketBytes.frame(.close, body + [0xff]), chromium: 1006,
        firefox: 1006, node: 1006),
      Row(
        testDescription: "RSV1", bytes: WebSocketBytes.frame(.close, body, reserved: 4), chromium: 1006,
        firefox: 1006, node: 1006),
      Row(
        testDescription: "no FIN bit", bytes: WebSocketBytes.frame(.close, body, isFinal: false),
        chromium: 1006,
        firefox: 1006, node: 1006),
      Row(
        testDescription: "126 bytes",
        bytes: WebSocketBytes.frame(.close, body + Array(repeating: 0x78, count: 124)), chromium: 1006,
        firefox: 1006, node: 1006),
      Row(
        testDescription: "length not minimal", bytes: [0x88, 126, 0, 2] + body, chromium: 1006, firefox: 1006,
        node: 1006),
      Row(
        testDescription: "masked", bytes: WebSocketBytes.frame(.close, body, mask: 0x1234_5678),
        chromium: 1006,
        firefox: 4321, node: 1006),
      Row(
        testDescription: "Ping behind", bytes: WebSocketBytes.close(4321) + WebSocketBytes.frame(.ping, []),
        chromium: 1006, firefox: 4321, node: 4321),
      Row(
        testDescription: "data behind", bytes: WebSocketBytes.close(4321) + WebSocketBytes.text("more"),
        chromium: 1006, firefox: 4321, node: 4321),
      Row(
        testDescription: "no frame behind", bytes: WebSocketBytes.close(4321) + [0x47, 0x45, 0x54],
        chromium: 1006, firefox: 4321, node: 4321),
      Row(
        testDescription: "nothing wrong", bytes: WebSocketBytes.close(4321), chromium: 4321, firefox: 4321,
        node: 4321),
    ]

  @Test(arguments: rows)
  func `a broken Close frame is taken as each program was seen to take it`(_ row: Row) throws {
    let seen = Self.outcomes(Self.closed(row.bytes))
    #expect(seen[.chromium]?.code == row.chromium)
    #expect(seen[.firefox]?.code == row.firefox)
    #expect(seen[.nodeWS]?.code == row.node)
    // Firefox calls even a 1006 clean that came on the wire.
    let isClean = row.firefox != 1006 || row.testDescription == "code 1006"
    #expect(seen[.firefox]?.wasClean == isClean)
    #expect(seen[.chromium]?.wasClean == (row.chromium != 1006))
  }

  @Test(arguments: rows)
  func `what the finding says of the programs is what is predicted`(_ row: Row) throws {
    let session = try #require(Stages.sessions(of: Self.closed(row.bytes)).first)
    guard let finding = session.finding("invalid-close") else {
      #expect(["nothing wrong", "Ping behind"].contains(row.testDescription))
      return
    }
    let failing = try #require(finding.text.components(separatedBy: "(RFC 6455").last?.prefix { $0 != ";" })
    for (name, code) in [("Chromium", row.chromium), ("Firefox", row.firefox), ("node's ws", row.node)] {
      let isFailing = code == 1006 && !(name == "Firefox" && row.testDescription == "code 1006")
      #expect(failing.contains(name) == isFailing, "\(name): \(finding.text)")
    }
  }

  // MARK: Sec-WebSocket-Accept

  @Test func `a 101 that does not answer the key is refused by every client`() throws {
    let packets = Self.closed(WebSocketBytes.close(4321), key: "AAAAAAAAAAAAAAAAAAAAAA==")
    let seen = Self.outcomes(packets)
    #expect(seen.count == ClientProgram.allCases.count)
    #expect(seen.values.allSatisfy { $0.code == 1006 && $0.wasClean != true })
    let finding = try #require(Stages.finding("bad-accept", in: packets))
    #expect(finding.severity == .error)
    #expect(finding.packets.count == 2)
    #expect(Stages.finding("bad-accept", in: Self.closed(WebSocketBytes.close(4321))) == nil)
  }

  // MARK: Who it is

  static let agents: [(field: String, programs: [ClientProgram])] = [
    ("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", [.firefox]),
    ("User-Agent: Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36", [.chromium]),
    ("User-Agent: Mozilla/5.0 Chrome/99.0.0.0 Safari/537.36", [.chromiumOld]),
    ("User-Agent: node/20.20.2 ws", [.nodeWS]), ("User-Agent: okhttp/4.12.0", [.rfc6455]),
    ("User-Agent: Python/3.12 websockets/13.1", [.rfc6455]),
    ("User-Agent: Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", [.rfc6455]),
    ("X-Test: none", ClientProgram.allCases),
  ]

  @Test(arguments: agents)
  func `a User-Agent leaves the program that it names, or the protocol's rules`(
    field: String, programs: [ClientProgram]
  ) {
    let packets = Self.closed(WebSocketBytes.close(4321), requestFields: [field])
    #expect(Stages.sessions(of: packets)[0].clientSees.map(\.client) == programs)
  }

  // MARK: Ends

  /// The server's FIN is under way when the client replies: the reply does not acknowledge it.
  @Test(arguments: [false, true])
  func `a FIN came before the reply if the reply acknowledges it`(isAcknowledged: Bool) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321))
    var packets: [TestPacket]
    if isAcknowledged {
      talk.fin(.server)
      talk.send(.client, WebSocketBytes.close(4321, from: .client))
      talk.fin(.client)
      packets = talk.packets
    } else {
      // As a capture at the server's end has it: the FIN goes out first.
      talk.send(.client, WebSocketBytes.close(4321, from: .client))
      talk.fin(.server)
      talk.acknowledge(.client)
      talk.fin(.client)
      packets = talk.packets
      packets.swapAt(packets.count - 4, packets.count - 3)
    }
    let seen = Self.outcomes(TestPacket.numbered(packets))
    #expect(seen[.firefox]?.wasClean == !isAcknowledged)
    let finding = Stages.finding("server-did-not-wait", in: TestPacket.numbered(packets))
    #expect((finding != nil) == isAcknowledged)
  }

  /// Proxies make a FIN of it.
  @Test(arguments: [false, true])
  func `a RST on a proxy's leg is not what the client gets`(isProxy: Bool) {
    var talk = Conversation()
    talk.upgrade(requestFields: isProxy ? ["x-forwarded-for: 192.0.2.1"] : [])
    talk.send(.server, WebSocketBytes.close(4321))
    talk.acknowledge(.client)
    talk.rst(.server)
    #expect(Self.outcomes(talk.packets)[.chromium]?.wasClean == isProxy)
    #expect(Self.outcomes(talk.packets)[.chromium]?.code == 4321)
  }

  @Test(arguments: [false, true])
  func `nothing is predicted for a client that never answered the end`(isAnswered: Bool) {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hi"))
    talk.acknowledge(.client)
    talk.fin(.server)
    if isAnswered { talk.acknowledge(.client) }
    #expect(Self.outcomes(talk.packets).isEmpty == !isAnswered)
  }
}
