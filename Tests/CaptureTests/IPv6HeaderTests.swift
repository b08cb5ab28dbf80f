import Capture
import Testing

@Suite struct IPv6HeaderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Between the fixed header and TCP.
    var extensions: [UInt8] = []
    var next: UInt8 = 6
  }

  /// An extension header of 8 bytes: the next one's number, its own length field.
  static func short(_ next: UInt8) -> [UInt8] { [next, 0, 1, 4, 0, 0, 0, 0] }

  static let rows = [
    Row(testDescription: "none"),
    Row(testDescription: "hop-by-hop", extensions: short(6), next: 0),
    Row(
      testDescription: "hop-by-hop of 24 bytes", extensions: [6, 2] + [UInt8](repeating: 0, count: 22),
      next: 0),
    Row(testDescription: "routing", extensions: short(6), next: 43),
    Row(testDescription: "destination options", extensions: short(6), next: 60),
    Row(testDescription: "mobility", extensions: short(6), next: 135),
    Row(testDescription: "HIP", extensions: short(6), next: 139),
    Row(testDescription: "shim6", extensions: short(6), next: 140),
    Row(
      testDescription: "authentication, counted in words",
      extensions: [6, 4] + [UInt8](repeating: 0, count: 22),
      next: 51),
    Row(
      testDescription: "fragment header of a whole packet", extensions: [6, 0, 0, 0, 1, 2, 3, 4], next: 44),
    Row(
      testDescription: "fragment header whose length byte is set", extensions: [6, 9, 0, 0x06, 1, 2, 3, 4],
      next: 44),
    Row(
      testDescription: "hop-by-hop, destination, routing, fragment",
      extensions: short(60) + short(43) + short(44) + short(6).map { $0 == 1 || $0 == 4 ? 0 : $0 }, next: 0),
  ]

  @Test(arguments: rows)
  func `extension headers are passed over`(_ row: Row) throws {
    let bytes = Frames.ipv6(row.extensions + Frames.tcp + Frames.hello, next: row.next)
    let header = try IPHeader(parsing: bytes.span, at: 0, wireLength: bytes.count)
    #expect(header.payloadOffset == 40 + row.extensions.count)
    #expect(header.payloadLength == 25)
    #expect(header.identification == 0)
    #expect(header.source == IPAddress(high: 0x2001_0db8_0000_0000, low: 2))
    #expect(header.destination == IPAddress(high: 0x2001_0db8_0000_0000, low: 1))
  }

  @Test(arguments: rows)
  func `padding behind the payload length is not payload`(_ row: Row) throws {
    let packet = Frames.ipv6(row.extensions + Frames.tcp, next: row.next)
    let frame = [0xee] + packet + [0, 0, 0, 0]
    let header = try IPHeader(parsing: frame.span, at: 1, wireLength: frame.count)
    #expect(header.payloadOffset == 41 + row.extensions.count)
    #expect(header.payloadLength == 20)
  }

  @Test(arguments: rows)
  func `payload length 0 means all that was on the wire`(_ row: Row) throws {
    let bytes = Frames.ipv6(row.extensions + Frames.tcp, length: 0, next: row.next)
    let header = try IPHeader(parsing: bytes.span, at: 0, wireLength: bytes.count + 70_000)
    #expect(header.payloadOffset == 40 + row.extensions.count)
    #expect(header.payloadLength == 70_020)
  }

  @Test(arguments: rows)
  func `a header cut before its end is truncated`(_ row: Row) {
    let whole = Frames.ipv6(row.extensions, length: row.extensions.count + 20, next: row.next)
    for count in 0..<whole.count {
      let bytes = Array(whole.prefix(count))
      #expect(throws: SkipReason.truncatedHeader, "\(count) bytes") {
        let header = try IPHeader(parsing: bytes.span, at: 0, wireLength: whole.count + 20)
        // Where the last extension header was cut, TCP is what does not begin.
        _ = try TCPHeader(parsing: bytes.span, at: header.payloadOffset)
      }
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var payload: [UInt8]
    var next: UInt8
    var length: Int? = nil
    var reason: SkipReason
  }

  static let refused = [
    Refused(
      testDescription: "first fragment", payload: [6, 0, 0, 1, 1, 2, 3, 4] + Frames.tcp, next: 44,
      reason: .fragment),
    Refused(
      testDescription: "later fragment", payload: [6, 0, 0x05, 0xa8, 1, 2, 3, 4] + Frames.tcp, next: 44,
      reason: .fragment),
    Refused(testDescription: "UDP", payload: [UInt8](repeating: 1, count: 12), next: 17, reason: .notTCP),
    Refused(testDescription: "ESP", payload: [UInt8](repeating: 1, count: 12), next: 50, reason: .notTCP),
    Refused(
      testDescription: "UDP behind hop-by-hop", payload: short(17) + [UInt8](repeating: 1, count: 12),
      next: 0, reason: .notTCP),
    // RFC 8200 §4.7: nothing follows, so nothing was cut.
    Refused(testDescription: "no next header", payload: [], next: 59, reason: .notTCP),
    Refused(
      testDescription: "4 bytes of an unknown protocol", payload: [1, 2, 3, 4], next: 253, reason: .notTCP),
    Refused(
      testDescription: "extension header beyond the payload length", payload: short(6) + Frames.tcp, next: 0,
      length: 7, reason: .badHeader),
  ]

  @Test(arguments: refused)
  func `what is not a whole TCP packet is refused with its reason`(_ row: Refused) {
    let bytes = Frames.ipv6(row.payload, length: row.length, next: row.next)
    #expect(throws: row.reason) { _ = try Frames.segment(in: bytes) }
  }
}
