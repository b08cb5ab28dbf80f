import Foundation
import TestSupport
import Testing

/// Captures built to cost much: four times the bytes cost about four times the work, within a bounded memory.
///
/// Costs are CPU seconds of the command and compared with each other only: quadratic work would be sixteen times
/// as much.
@Suite(.serialized) struct AdversarialCostTests {
  /// Kilobytes of address space in which every one of these captures has to be read.
  private static let memory = 700_000
  private static let mostAllowed = 9.0
  /// Below it starting the process is most of the cost.
  private static let least = 0.02

  /// Seconds of CPU that the command takes.
  static func cost(
    of capture: String, arguments: String = "", in files: TemporaryFiles
  ) async throws -> Double {
    let outcome = try await Command.run([
      "bash", "-c",
      "ulimit -v \(memory); TIMEFORMAT=%U; time \"\(Command.path)\" \(arguments) \"$1\" >/dev/null 2>&1",
      "bash", capture,
    ])
    #expect(outcome.status == 0 || outcome.status == 2, "\(outcome.errors)")
    return try #require(Double(outcome.errors.split(separator: "\n").last ?? ""), "\(outcome.errors)")
  }

  static func expectLinear(
    _ count: Int, arguments: String = "", _ make: (Int) -> [UInt8],
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    try await TemporaryFiles.with { files in
      let (small, large) = (try files.file("small", make(count)), try files.file("large", make(4 * count)))
      var costs: [String] = []
      // What does other work on the machine takes time from both, and not the same.
      for _ in 1...3 {
        let one = try await cost(of: small, arguments: arguments, in: files)
        let four = try await cost(of: large, arguments: arguments, in: files)
        if four < max(one, least) * mostAllowed { return }
        costs.append("\(one) s, four times as much \(four) s")
      }
      Issue.record("three times in a row: \(costs.joined(separator: "; "))", sourceLocation: location)
    }
  }

  /// A connection that has been upgraded.
  static func upgraded(_ fields: [String] = []) -> Conversation {
    var conversation = Conversation()
    conversation.open()
    conversation.send(.client, WebSocketBytes.request(extraFields: fields))
    conversation.send(.server, WebSocketBytes.response(extraFields: fields))
    conversation.acknowledge(.client)
    return conversation
  }

  @Test func `frames without a byte of payload`() async throws {
    try await Self.expectLinear(60_000) { count in
      var conversation = Self.upgraded()
      let frames = [UInt8](repeating: 0, count: 1400).indices.map { $0 % 2 == 0 ? UInt8(0x82) : 0 }
      for _ in 0..<count / 700 { conversation.send(.server, frames) }
      return PcapBytes.file(conversation.packets)
    }
  }

  @Test func `segments of one byte with a gap behind each`() async throws {
    try await Self.expectLinear(6000) { count in
      var conversation = Self.upgraded()
      for _ in 0..<count {
        conversation.send(.server, [0x82])
        conversation.sendUncaptured(.server, 1)
      }
      return PcapBytes.file(conversation.packets)
    }
  }

  @Test func `connections from addresses and ports in a row`() async throws {
    try await Self.expectLinear(8000) { count in
      var packets: [TestPacket] = []
      for number in 0..<count {
        var conversation = Conversation(
          client: "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255):\(1024 + number % 8 * 8192)",
          at: Double(number) * 0.001)
        conversation.open()
        conversation.send(.client, [UInt8](repeating: 0x41, count: 8))
        packets += conversation.packets
      }
      return PcapBytes.file(packets)
    }
  }

  /// A session's report has a column for each leg, and what sessions of one address have in common is looked for.
  @Test(arguments: ["", "--format ndjson"])
  func `clients in a row that say the same with one masking key`(arguments: String) async throws {
    try await Self.expectLinear(500, arguments: arguments) { count in
      var packets: [TestPacket] = []
      for number in 0..<count {
        var conversation = Conversation(
          client: "10.1.\(number >> 8 & 255).\(number & 255):40000", at: Double(number) * 0.0001,
          clientISN: UInt32(number) &* 7_000_003, serverISN: UInt32(number) &* 13_000_027)
        conversation.send(.client, WebSocketBytes.text("the same from everybody", from: .client))
        conversation.send(.server, WebSocketBytes.text("welcome, number \(number)"))
        conversation.time = 1 + Double(number) * 0.0001
        conversation.finish(.server)
        packets.append(contentsOf: conversation.packets)
      }
      return PcapBytes.file(TestPacket.merged([packets]))
    }
  }

  @Test func `sessions one after the other that a proxy ends, of a client each`() async throws {
    try await Self.expectLinear(1500, arguments: "--format ndjson") { count in
      PcapBytes.file(
        (0..<count).flatMap { number in
          var conversation = Conversation(
            client: "10.1.\(number >> 8 & 255).\(number & 255):40000", at: Double(number),
            clientISN: UInt32(number) &* 7_000_003, serverISN: UInt32(number) &* 13_000_027)
          let key = WebSocketBytes.key(named: "\(number)")
          conversation.open()
          conversation.send(.client, WebSocketBytes.request(key: key))
          conversation.send(.server, WebSocketBytes.response(key: key))
          conversation.finish(.server)
          return conversation.packets
        })
    }
  }

  @Test func `sessions that end one a second while as many stay open`() async throws {
    try await Self.expectLinear(1000, arguments: "--format ndjson") { count in
      let packets = (0..<2 * count).map { number -> [TestPacket] in
        var conversation = Conversation(
          client: "10.1.\(number >> 8 & 255).\(number & 255):40000", at: Double(number % count) * 0.0001,
          clientISN: UInt32(number) &* 7_000_003, serverISN: UInt32(number) &* 13_000_027)
        let key = WebSocketBytes.key(named: "\(number)")
        conversation.open()
        conversation.send(.client, WebSocketBytes.request(key: key))
        conversation.send(.server, WebSocketBytes.response(key: key))
        guard number >= count else { return conversation.packets }
        conversation.time = Double(number - count) + 2
        conversation.finish(.server)
        return conversation.packets
      }
      return PcapBytes.file(TestPacket.merged(packets))
    }
  }

  @Test func `upgrades with one key, from a client each that x-forwarded-for does not name`() async throws {
    try await Self.expectLinear(500) { count in
      let request = WebSocketBytes.request(extraFields: ["X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3"])
      let packets = (0..<count).map { number -> [TestPacket] in
        var conversation = Conversation(
          client: "10.1.\(number >> 8 & 255).\(number & 255):40000", at: Double(number) * 0.0001,
          clientISN: UInt32(number) &* 7_000_003, serverISN: UInt32(number) &* 13_000_027)
        conversation.open()
        conversation.send(.client, request)
        return conversation.packets
      }
      return PcapBytes.file(TestPacket.merged(packets))
    }
  }

  @Test(arguments: ["", "--format ndjson"])
  func `WebSockets behind as many encrypted legs at one moment`(arguments: String) async throws {
    let record = [0x17, 3, 3, 0, 80] + [UInt8](repeating: 7, count: 80)
    try await Self.expectLinear(700, arguments: arguments) { count in
      var packets: [TestPacket] = []
      for number in 0..<count {
        let place = "\(number >> 8 & 255).\(number & 255)"
        var front = Conversation(
          client: "10.1.\(place):40000", server: "10.2.0.1:443", clientISN: UInt32(number) &* 7_000_003,
          serverISN: UInt32(number) &* 13_000_027)
        var behind = Conversation(
          client: "127.3.\(place):40000", server: "10.2.0.1:9900", clientISN: UInt32(number) &* 17_000_009,
          serverISN: UInt32(number) &* 19_000_013)
        let key = WebSocketBytes.key(named: "\(number)")
        front.send(.client, record)
        behind.open()
        behind.send(.client, WebSocketBytes.request(key: key))
        behind.send(.server, WebSocketBytes.response(key: key))
        behind.send(.server, WebSocketBytes.close(4321, "test"))
        behind.finish(.server)
        front.send(.server, record + record)
        packets += front.packets.dropLast() + behind.packets + front.packets.suffix(1)
      }
      return PcapBytes.file(TestPacket.numbered(packets))
    }
  }

  @Test(arguments: ["GET / HTTP/1.1\r\nA: ", "GET /", "A: b\r\n"])
  func `header lines without an end`(beginning: String) async throws {
    try await Self.expectLinear(3000) { count in
      var conversation = Conversation()
      conversation.open()
      conversation.send(.client, Array(beginning.utf8))
      let piece =
        beginning.hasPrefix("A")
        ? [UInt8]((0..<350).flatMap { _ in Array("A: b\r\n".utf8) }) : [UInt8](repeating: 0x61, count: 1400)
      for _ in 0..<count { conversation.send(.client, piece) }
      return PcapBytes.file(conversation.packets)
    }
  }

  @Test func `fragments of datagrams that never become whole`() async throws {
    try await Self.expectLinear(20_000) { count in
      let records = (0..<count).flatMap { number -> [UInt8] in
        let (high, low) = (UInt8(number >> 8 & 0xff), UInt8(number & 0xff))
        let header: [UInt8] = [
          0x45, 0, 5, 0x78, high, low, 0x20, UInt8(number >> 16), 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ]
        let frame = [UInt8](repeating: 0, count: 12) + [8, 0] + header + [UInt8](repeating: 7, count: 1380)
        return PcapBytes.record(
          frame, capturedLength: frame.count, time: .init(nanoseconds: Int64(number) * 1000))
      }
      return PcapBytes.header() + records
    }
  }

  @Test func `interfaces and sections without a packet`() async throws {
    try await Self.expectLinear(30_000) { count in
      PcapngBytes.section(.little)
        + (0..<count).flatMap { number in
          number % 100 == 99 ? PcapngBytes.section(.little) : PcapngBytes.interface(.little)
        }
    }
  }

  /// An interface called `eth` and a number.
  static func named(_ number: Int) -> [UInt8] {
    let name = Array("eth\(100_000 + number)".utf8)
    let option = FieldOrder.little.two(2) + FieldOrder.little.two(UInt16(name.count)) + name + [0, 0, 0]
    return PcapngBytes.interface(.little, options: option + [0, 0, 0, 0])
  }

  @Test(arguments: ["", "--format ndjson"])
  func `interfaces with a name and a packet each`(arguments: String) async throws {
    try await Self.expectLinear(8000, arguments: arguments) { count in
      PcapngBytes.section(.little)
        + (0..<count).flatMap { number in
          Self.named(number)
            + PcapngBytes.enhancedPacket([1, 2, 3, 4], interface: UInt32(number), order: .little)
        }
    }
  }

  @Test func `sections with an interface's name and a packet each`() async throws {
    try await Self.expectLinear(8000) { count in
      (0..<count).flatMap { number in
        PcapngBytes.section(.little) + Self.named(number)
          + PcapngBytes.enhancedPacket([1, 2, 3, 4], order: .little)
      }
    }
  }

  @Test(arguments: ["", "#"])
  func `secrets that no packet follows`(secrets: String) async throws {
    try await Self.expectLinear(40_000) { count in
      PcapngBytes.section(.little) + PcapngBytes.interface(.little)
        + (0..<count).flatMap { _ in PcapngBytes.secrets(Array(secrets.utf8), order: .little) }
    }
  }

  /// Zeros are records of empty packets.
  @Test(arguments: ["gzip -c", "zstd -qc"])
  func `a capture that decompresses to a thousand times its size`(program: String) async throws {
    try await TemporaryFiles.with { files in
      let header = try files.file("header", PcapBytes.header())
      var costs: [Double] = []
      for megabytes in [2, 8] {
        let bomb = files.path + "/bomb\(megabytes)"
        let made = try await Command.shell(
          "(cat \"$1\"; head -c \(megabytes << 20) /dev/zero) | \(program) >\"$2\"", [header, bomb])
        #expect(made.status == 0)
        costs.append(try await Self.cost(of: bomb, in: files))
      }
      #expect(costs[1] < max(costs[0], Self.least) * Self.mostAllowed, "\(costs)")
    }
  }

  /// zlib makes a thousand zeros of a byte.
  @Test func `messages that decompress to a thousand times their size`() async throws {
    let zeros = try await TemporaryFiles.with { files in
      let path = files.path + "/zeros"
      _ = try await Command.shell("head -c 4000000 /dev/zero | gzip -9 >\"$1\"", [path])
      return Array(try Data(contentsOf: URL(filePath: path)))
    }
    // Without gzip's header and trailer it is a raw DEFLATE stream.
    let message = WebSocketBytes.frame(.binary, Array(zeros[10..<zeros.count - 8]), reserved: 4)
    try await Self.expectLinear(4, arguments: "frames --payload") { count in
      var conversation = Self.upgraded([
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"
      ])
      for _ in 0..<count { conversation.send(.server, message) }
      return PcapBytes.file(conversation.packets)
    }
  }
}
