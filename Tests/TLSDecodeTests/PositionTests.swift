import Streams
import Testing

@testable import TLSDecode

/// What TCP says of its bytes is told of the content.
@Suite struct PositionTests {
  static func script(_ texts: [String], _ version: TLSScript.Version = .tls13) -> TLSScript {
    var script = TLSScript.opened(version)
    for text in texts { script.send(.server, text) }
    return script
  }

  /// Bytes of the carrier in front of each of the server's records.
  static func starts(_ script: TLSScript) -> [UInt64] {
    var offset: UInt64 = 0
    return script.records.filter { $0.side == .server }.map { record in
      defer { offset += UInt64(record.bytes.count) }
      return offset
    }
  }

  @Test(arguments: TLSScript.Version.allCases)
  func `an ACK counts for the records that it covers to the end`(version: TLSScript.Version) {
    let script = Self.script(["abc", "defgh"], version)
    let starts = Self.starts(script)
    let (first, second) = (starts[starts.count - 2], starts[starts.count - 1])
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    wire.acknowledge(.server, upTo: first)
    wire.acknowledge(.server, upTo: second - 1)
    #expect(wire.acknowledged(.server).allSatisfy { $0 == 0 })
    wire.acknowledge(.server, upTo: second)
    #expect(wire.acknowledged(.server).last == 3)
    wire.acknowledge(.server, upTo: wire.offsets[.server] ?? 0)
    #expect(wire.acknowledged(.server).last == 8)
  }

  @Test func `the FIN is acknowledged as one byte behind the content`() {
    let script = Self.script(["abc"])
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    wire.end(.server)
    wire.acknowledge(.server, upTo: (wire.offsets[.server] ?? 0) + 1)
    #expect(wire.ends(.server) == [3])
    #expect(wire.acknowledged(.server).last == 4)
  }

  @Test func `an end within a record stands before its content`() {
    let script = Self.script(["abc", "defgh"])
    var wire = TLSWire(script.keyLog())
    wire.send(script.records.dropLast())
    wire.send(.server, Array(script.records[script.records.count - 1].bytes.dropLast(2)))
    wire.end(.server)
    #expect(wire.text(.server) == "abc")
    #expect(wire.ends(.server) == [3])
  }

  @Test(arguments: 1...27)
  func `missing bytes of a record are missing as all of its content`(lost: Int) {
    let script = Self.script(["abc", "defgh", "ijk"])
    let record = script.records[script.records.count - 2].bytes
    var wire = TLSWire(script.keyLog())
    wire.send(script.records.dropLast(2))
    if lost <= 22 {
      wire.send(.server, Array(record.prefix(record.count - lost)))
      wire.lose(.server, lost)
    } else {
      wire.lose(.server, record.count)
    }
    wire.send(script.records.suffix(1))
    #expect(wire.text(.server) == "abcijk")
    #expect(wire.gaps(.server) == [3..<8])
    #expect(wire.recorder.chunks.last?.offset == 8)
  }

  @Test(arguments: 1...40, TLSScript.Version.allCases)
  func `the number that opens a record tells how much is missing before it`(
    count: Int, version: TLSScript.Version
  ) {
    let texts = (0..<count).map { String(repeating: "x", count: $0 * 7 % 50) }
    let script = Self.script(["begin "] + texts + ["end"], version)
    let lost = script.records.dropLast().suffix(count)
    var wire = TLSWire(script.keyLog())
    wire.send(script.records.dropLast(count + 1))
    wire.lose(.server, lost.reduce(0) { $0 + $1.bytes.count })
    wire.send(script.records.suffix(1))
    let missing = UInt64(texts.reduce(0) { $0 + $1.utf8.count })
    #expect(wire.text(.server) == "begin end")
    #expect(wire.recorder.chunks.last?.offset == 6 + missing)
    #expect(wire.gaps(.server) == (missing > 0 ? [6..<6 + missing] : []))
  }

  @Test(arguments: [(5_000, "begin end"), (17_000, "begin ")])
  func `of more lost records than anybody may count nothing is found again`(count: Int, text: String) {
    var script = Self.script(["begin "])
    let known = script.records.count
    for _ in 0..<count { script.send(.server, "") }
    script.send(.server, "end")
    var wire = TLSWire(script.keyLog())
    wire.send(script.records[..<known])
    wire.lose(.server, script.records[known...].dropLast().reduce(0) { $0 + $1.bytes.count })
    wire.send(script.records.suffix(1))
    #expect(wire.text(.server) == text)
  }

  @Test func `a capture that starts again in the middle of a record goes on with the next one`() {
    let script = Self.script(["abc", String(repeating: "d", count: 3000), "efg", "hij"])
    let long = script.records[script.records.count - 3].bytes
    var wire = TLSWire(script.keyLog())
    wire.send(script.records.dropLast(4))
    let first = script.records[script.records.count - 4].bytes
    wire.lose(.server, first.count + 1000)
    wire.send(.server, Array(long.dropFirst(1000)), cutInto: 700)
    wire.send(script.records.suffix(2), cutInto: 5)
    #expect(wire.text(.server) == "efghij")
    #expect(wire.gaps(.server) == [0..<3003])
  }
}
