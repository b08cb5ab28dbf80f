import Streams
import Testing

@testable import TLSDecode

/// What stays closed is told record by record.
@Suite struct ClosedRecordTests {
  static func script(_ version: TLSScript.Version = .tls13, suite: UInt16? = nil) -> TLSScript {
    var script = TLSScript.opened(version, suite: suite)
    script.send(.client, "question")
    script.send(.server, "answers")
    script.send(.server, "!")
    return script
  }

  @Test(arguments: OpeningTests.suites)
  func `without secrets the lengths of the contents are told`(version: TLSScript.Version, suite: UInt16) {
    let script = Self.script(version, suite: suite)
    var wire = TLSWire()
    wire.send(script.records)
    wire.acknowledge(.server, upTo: wire.offsets[.server] ?? 0)
    wire.end(.server)
    wire.close()
    #expect(wire.text(.client) == "" && wire.text(.server) == "")
    #expect(wire.closedRecords(.client) == [8] && wire.closedRecords(.server) == [7, 1])
    #expect(wire.description?.access == .noSecrets)
    #expect(wire.acknowledged(.server).last == wire.offsets[.server])
    #expect(wire.ends(.server).last == wire.offsets[.server])
    #expect(wire.statistics.withoutSecrets == 1 && wire.statistics.connections == 1)
  }

  @Test func `secrets of another connection open nothing`() {
    let script = Self.script()
    var log = KeyLog()
    let other = String(repeating: "00", count: 32)
    for label in ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"] {
      log.append("\(label) \(other) \(other)\n".utf8)
    }
    var wire = TLSWire(log)
    wire.send(script.records)
    #expect(wire.description?.access == .noSecrets)
  }

  @Test func `wrong secrets put nothing out, and say that they are wrong`() {
    var script = TLSScript.opened()
    script.use(.client, secret: 0x77)
    script.use(.server, secret: 0x78)
    for _ in 0..<3 { script.send(.server, "secret") }
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    wire.close()
    #expect(wire.text(.server) == "")
    #expect(wire.description?.access == .wrongSecrets)
    #expect(wire.statistics.withWrongSecrets == 1)
  }

  @Test func `wrong secrets of a long connection are given up`() {
    var script = TLSScript.opened()
    script.use(.server, secret: 0x78)
    for _ in 0..<30 { script.send(.server, "secret") }
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.description?.access == .wrongSecrets)
    #expect(wire.closedRecords(.server).contains(6))
  }

  /// With the secrets of the handshake and without them, and those alone that are for application data wrong.
  @Test(
    arguments: TLSScript.Version.allCases,
    [Set(["CLIENT", "SERVER"].map { "\($0)_HANDSHAKE_TRAFFIC_SECRET" }), []])
  func `with wrong secrets all records are told as without secrets`(
    version: TLSScript.Version, missing: Set<String>
  ) {
    var script = TLSScript.opened(version)
    if version == .tls13 {
      script.use(.server, secret: 0x82)
      script.seal(.server, 22, TLSScript.message(8, [0, 0]))
      script.use(.client, secret: 0x81)
      script.seal(.client, 22, TLSScript.message(20, [1]))
      script.use(.client, secret: 0x77)
      script.use(.server, secret: 0x78)
    }
    script.send(.client, "question")
    script.send(.server, "answer")
    var log = script.keyLog(without: missing)
    if version == .tls12 {
      log = KeyLog()
      log.append(script.keyLogText().replacing("33", with: "34").utf8)
    }
    let records = [KeyLog(), log].map { log in
      var wire = TLSWire(log)
      wire.send(script.records)
      // Known before the end: a leg in front of a session has to be known soon.
      #expect(wire.description?.access != .decrypted)
      wire.acknowledge(.server, upTo: wire.offsets[.server] ?? 0)
      wire.end(.server)
      wire.close()
      #expect(wire.acknowledged(.server) == [wire.offsets[.server]])
      #expect(wire.ends(.server) == [wire.offsets[.server]])
      return [wire.closedRecords(.client), wire.closedRecords(.server)]
    }
    #expect(records[0] == records[1] && records[0][1].last == 6)
  }

  @Test func `an end shows that secrets are wrong, and records missing before it are told`() {
    var script = TLSScript.opened()
    script.use(.server, secret: 0x78)
    script.send(.server, "secret")
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    wire.acknowledge(.server, upTo: wire.offsets[.server] ?? 0)
    wire.end(.server)
    #expect(wire.description?.access == .wrongSecrets)
    #expect(wire.closedRecords(.server) == [6])
    #expect(wire.ends(.server) == [wire.offsets[.server]])
  }

  @Test func `secrets are not wrong because records of the handshake have others`() {
    var script = TLSScript.opened()
    for _ in 0..<3 { script.use(.server, secret: 0x55); script.seal(.server, 22, [11, 0, 0, 0]) }
    script.use(.client, secret: 0x56)
    script.seal(.client, 22, [20, 0, 0, 0])
    script.useApplicationKeys()
    script.send(.client, "question")
    script.send(.server, "answer")
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    wire.end(.server)
    wire.close()
    #expect(wire.description?.access == .decrypted)
    #expect(wire.text(.client) == "question" && wire.text(.server) == "answer")
    #expect(wire.closedRecords(.server).isEmpty && wire.closedRecords(.client).isEmpty)
  }

  @Test func `a suite that cannot be opened is named`() {
    var script = TLSScript(.tls12, suite: 0xc013)
    script.hello()
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.description?.access == .unsupportedSuite)
    #expect(
      CipherSuite(rawValue: wire.description?.cipherSuite ?? 0).name == "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")
  }

  @Test(arguments: [1, 5, 100_000])
  func `a late capture is recognised by its records`(size: Int) {
    let script = Self.script()
    let records = script.records.dropFirst(2)
    var wire = TLSWire(script.keyLog(), sawStart: false)
    wire.send(records, cutInto: size)
    #expect(wire.description?.access == .noHandshake)
    #expect(wire.text(.server) == "")
  }

  @Test func `a late capture that begins within a record is recognised by the next ones`() {
    let script = Self.script()
    var wire = TLSWire(sawStart: false)
    wire.send(.server, Array(script.records[3].bytes.dropFirst(4)))
    wire.send(script.records.suffix(2))
    #expect(wire.description?.access == .noHandshake)
  }

  @Test func `a lost hello leaves the rest closed`() {
    let script = Self.script()
    for index in 0...1 {
      var wire = TLSWire(script.keyLog())
      for (place, record) in script.records.enumerated() {
        if place == index { wire.lose(record.side, record.bytes.count) } else { wire.send([record]) }
      }
      #expect(wire.description?.access == .noHandshake, "\(index)")
      #expect(wire.text(.server) == "" && wire.text(.client) == "")
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever bytes come, nothing traps and nothing is invented`(seed: UInt64) {
    var random = SeededBytes(seed)
    var script = TLSScript.opened(seed.isMultiple(of: 2) ? .tls13 : .tls12)
    for number in 0..<12 { script.send(number.isMultiple(of: 2) ? .client : .server, "message \(number);") }
    var sent: [Side: String] = [.client: "", .server: ""]
    for number in 0..<12 { sent[number.isMultiple(of: 2) ? .client : .server]? += "message \(number);" }
    var wire = TLSWire(script.keyLog(), sawStart: seed % 5 != 0)
    for record in script.records {
      var bytes = record.bytes
      switch random.next() % 8 {
      case 0: wire.lose(record.side, bytes.count)
      case 1:
        bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255)
        wire.send(record.side, bytes)
      case 2:
        let cut = Int(random.next() % UInt64(bytes.count))
        wire.send(record.side, Array(bytes[..<cut]))
        wire.lose(record.side, bytes.count - cut)
      default: wire.send(record.side, bytes, cutInto: 1 + Int(random.next() % 40))
      }
    }
    wire.end(.server)
    wire.close()
    // A damaged hello may be no TLS at all: then the bytes pass as they are.
    guard wire.description?.access == .decrypted else { return }
    for side in [Side.client, .server] {
      // Records are whole or missing, in their order.
      var rest = (sent[side] ?? "")[...]
      for message in wire.text(side).split(separator: ";") {
        let range = rest.firstRange(of: "\(message);")
        #expect(range != nil, "\(message)")
        rest = range.map { rest[$0.upperBound...] } ?? rest
      }
    }
  }
}

struct SeededBytes {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// Bytes that were made to cost much.
@Suite struct TLSCostTests {
  enum Pattern: CaseIterable {
    /// Headers of records everywhere, none of which holds what it says.
    case headers
    /// Two records, then a byte that begins none, over and over.
    case alternating

    var bytes: [UInt8] {
      switch self {
      case .headers: (0..<6000).flatMap { _ in [23, 3, 3, 0x40, 0] as [UInt8] }
      case .alternating: (0..<2500).flatMap { _ in [23, 3, 3, 0, 1, 9, 23, 3, 3, 0, 1, 9, 99] as [UInt8] }
      }
    }
  }

  @Test(arguments: Pattern.allCases, [true, false])
  func `what never opens is given up, in linear time and without depth`(pattern: Pattern, hasKeys: Bool) {
    let script = TLSScript.opened()
    let bytes = pattern.bytes
    var wire = TLSWire(hasKeys ? script.keyLog() : KeyLog())
    wire.send(script.records)
    for _ in 0..<3 {
      wire.lose(.server, 100)
      wire.send(.server, bytes)
    }
    wire.close()
    #expect(wire.text(.server) == "")
  }
}
