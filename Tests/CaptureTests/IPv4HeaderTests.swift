import Capture
import Testing

@Suite struct IPv4HeaderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var wireLength: Int? = nil
    var payloadOffset = 20
    var payloadLength = 20
  }

  static func nops(_ count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }

  static let rows = [
    Row(testDescription: "no options", bytes: Frames.ipv4(Frames.tcp)),
    Row(testDescription: "may be fragmented", bytes: Frames.ipv4(Frames.tcp, fragment: [0, 0])),
    Row(testDescription: "reserved flag", bytes: Frames.ipv4(Frames.tcp, fragment: [0x80, 0])),
    Row(
      testDescription: "4 bytes of options", bytes: Frames.ipv4(Frames.tcp, options: nops(4)),
      payloadOffset: 24),
    Row(
      testDescription: "40 bytes of options", bytes: Frames.ipv4(Frames.tcp, options: nops(40)),
      payloadOffset: 60),
    Row(testDescription: "padding behind it", bytes: Frames.ipv4(Frames.tcp) + [0, 0, 0, 0, 0, 0]),
    Row(
      testDescription: "cut behind the header", bytes: Array(Frames.ipv4(Frames.tcp).prefix(20)),
      wireLength: 40),
    Row(
      testDescription: "the largest length field", bytes: Frames.ipv4(Frames.tcp, totalLength: 65535),
      wireLength: 65535, payloadLength: 65515),
    Row(
      testDescription: "length 0, all captured",
      bytes: Frames.ipv4(Frames.tcp + Frames.hello, totalLength: 0),
      payloadLength: 25),
    Row(
      testDescription: "length 0, larger than the field can tell, cut",
      bytes: Frames.ipv4(Frames.tcp, totalLength: 0), wireLength: 100_020, payloadLength: 100_000),
    Row(
      testDescription: "length 0 and options",
      bytes: Frames.ipv4(Frames.tcp, totalLength: 0, options: nops(8)),
      payloadOffset: 28),
    Row(
      testDescription: "length beyond what was on the wire",
      bytes: Frames.ipv4(Frames.tcp, totalLength: 1500), payloadLength: 1480),
  ]

  @Test(arguments: rows)
  func `the header tells where TCP begins and how long it is`(_ row: Row) throws {
    let header = try IPHeader(
      parsing: row.bytes.span, at: 0, wireLength: row.wireLength ?? row.bytes.count)
    #expect(header.payloadOffset == row.payloadOffset)
    #expect(header.payloadLength == row.payloadLength)
    #expect(header.identification == 0xabcd)
    #expect(header.source == IPAddress(v4: 0x0a09_0102))
    #expect(header.destination == IPAddress(v4: 0x0a09_0101))
  }

  @Test(arguments: rows)
  func `a link header in front moves the payload and not its length`(_ row: Row) throws {
    let frame = [UInt8](repeating: 0x99, count: 14) + row.bytes
    let header = try IPHeader(
      parsing: frame.span, at: 14, wireLength: 14 + (row.wireLength ?? row.bytes.count))
    #expect(header.payloadOffset == 14 + row.payloadOffset)
    #expect(header.payloadLength == row.payloadLength)
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var reason: SkipReason
  }

  static let refused = [
    Refused(testDescription: "nothing", bytes: [], reason: .truncatedHeader),
    Refused(testDescription: "version 0", bytes: [0x05] + nops(39), reason: .notIP),
    Refused(testDescription: "version 5", bytes: [0x55] + nops(39), reason: .notIP),
    Refused(testDescription: "UDP", bytes: Frames.ipv4(Frames.tcp, protocol: 17), reason: .notTCP),
    Refused(testDescription: "ICMP", bytes: Frames.ipv4([8, 0, 0, 0], protocol: 1), reason: .notTCP),
    Refused(
      testDescription: "first fragment", bytes: Frames.ipv4(Frames.tcp, fragment: [0x20, 0]),
      reason: .fragment),
    Refused(
      testDescription: "middle fragment", bytes: Frames.ipv4(Frames.tcp, fragment: [0x20, 0xb9]),
      reason: .fragment),
    Refused(
      testDescription: "last fragment", bytes: Frames.ipv4(Frames.tcp, fragment: [0x00, 0xb9]),
      reason: .fragment),
    Refused(
      testDescription: "offset in the high bits", bytes: Frames.ipv4(Frames.tcp, fragment: [0x10, 0]),
      reason: .fragment),
    Refused(
      testDescription: "header of 4 words", bytes: [0x44] + Frames.ipv4(Frames.tcp).dropFirst(),
      reason: .badHeader),
    Refused(
      testDescription: "header of 0 words", bytes: [0x40] + Frames.ipv4(Frames.tcp).dropFirst(),
      reason: .badHeader),
    Refused(
      testDescription: "length below the header's", bytes: Frames.ipv4(Frames.tcp, totalLength: 19),
      reason: .badHeader),
    Refused(
      testDescription: "length below the header's with options",
      bytes: Frames.ipv4(Frames.tcp, totalLength: 27, options: nops(8)), reason: .badHeader),
  ]

  @Test(arguments: refused)
  func `what is not a whole TCP packet is refused with its reason`(_ row: Refused) {
    #expect(throws: row.reason) { _ = try Frames.segment(in: row.bytes) }
  }

  @Test(arguments: 0..<20)
  func `a header of fewer than 20 bytes is truncated`(count: Int) {
    let bytes = Array(Frames.ipv4(Frames.tcp).prefix(count))
    #expect(throws: SkipReason.truncatedHeader) {
      _ = try IPHeader(parsing: bytes.span, at: 0, wireLength: 40)
    }
  }
}
