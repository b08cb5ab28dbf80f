import TestSupport
import Testing

@testable import Capture

@Suite struct PacketRingTests {
  static let client = Endpoint(address: IPAddress(v4: 0x0a09_0102), port: 40_000)
  static let server = Endpoint(address: IPAddress(v4: 0x0a09_0202), port: 9900)

  static func add(
    _ payload: [UInt8], number: UInt64, from port: UInt16 = 40_000, realm: UInt16 = 0, to ring: PacketRing
  ) {
    var source = client
    source.port = port
    var segment = TCPSegment(
      packet: PacketReference(number: number, time: Timestamp(seconds: 1, nanoseconds: Int64(number))),
      source: source, destination: server, sequence: SequenceNumber(UInt32(number)),
      acknowledgment: SequenceNumber(0), flags: .ack, payloadLength: payload.count,
      payload: 54..<54 + payload.count)
    segment.realm = realm
    let frame = PcapBytes.ethernet(TestPacket(segment: segment, payload: payload))
    ring.add(segment, in: frame.span, wireLength: frame.count, as: .ethernet)
  }

  static func numbers(_ ring: PacketRing, port: UInt16 = 40_000, realm: UInt16 = 0) -> [UInt64] {
    var source = client
    source.port = port
    return ring.packets(between: server, source, realm: realm, from: 0).packets.map(\.facts.packet.number)
  }

  @Test func `a connection's packets are found among those of others`() {
    let ring = PacketRing(byteLimit: 1 << 20)
    for number in 1...30 {
      Self.add([1], number: UInt64(number), from: UInt16(40_000 + number % 3), to: ring)
    }
    Self.add([1], number: 31, realm: 7, to: ring)
    #expect(Self.numbers(ring) == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30])
    #expect(Self.numbers(ring, realm: 7) == [31])
    let late = ring.packets(between: Self.client, Self.server, realm: 0, from: 24)
    #expect(late.packets.map(\.facts.packet.number) == [24, 27, 30])
    #expect(late.isComplete)
  }

  @Test func `the ring holds no more than its bound, and knows that earlier packets are gone`() {
    let ring = PacketRing(byteLimit: 1 << 16)
    for number in 1...5000 {
      Self.add([UInt8](repeating: 7, count: 300), number: UInt64(number), from: UInt16(number), to: ring)
      #expect(ring.byteCount <= 1 << 16)
    }
    Self.add([1], number: 5001, to: ring)
    Self.add([1], number: 5002, to: ring)
    let kept = ring.packets(between: Self.client, Self.server, realm: 0, from: 5001)
    #expect(kept.isComplete && kept.packets.count == 2)
    let older = ring.packets(between: Self.client, Self.server, realm: 0, from: 1)
    #expect(!older.isComplete && older.packets.count == 2)
    #expect(Self.numbers(ring, port: 1) == [])
    #expect(Self.numbers(ring, port: 5000) == [5000])
  }

  @Test(arguments: [false, true])
  func `of a fragment the headers are kept, and nothing that it carries`(isReversed: Bool) throws {
    struct NoSink: SegmentSink {
      func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {}
    }
    let ring = PacketRing(byteLimit: 1 << 20)
    var intake = PacketIntake(options: DecodeOptions(), ring: ring)
    var sink = NoSink()
    let fragments = FragmentTests.fragments(FragmentTests.payload, at: [0, 800, 1600])
    for (index, packet) in (isReversed ? fragments.reversed() : fragments).enumerated() {
      let reference = PacketReference(number: UInt64(index + 1), time: Timestamp(nanoseconds: 1))
      intake.take(
        packet.span, wireLength: packet.count, as: .raw, packet: reference, interface: nil, into: &sink)
    }
    let segment = try #require(Decoding.of(fragments).found.first?.segment)
    let kept = ring.packets(between: segment.source, segment.destination, realm: 0, from: 0).packets
    #expect(kept.map(\.facts.packet.number) == [3])
    #expect(kept.first?.head.count == 20 && kept.first?.tail == [])
  }

  @Test func `of a payload the beginning and the end are kept`() throws {
    let ring = PacketRing(byteLimit: 1 << 20)
    let payload = (0..<1400).map { UInt8(truncatingIfNeeded: $0 / 7) }
    Self.add(payload, number: 1, to: ring)
    let kept = try #require(ring.packets(between: Self.client, Self.server, realm: 0, from: 1).packets.first)
    #expect(kept.head.count == 54 + 64 && Array(kept.head[54...]) == Array(payload[..<64]))
    #expect(kept.tail == Array(payload.suffix(192)))
    #expect(kept.facts.wireLength == 1454)
  }

  @Test func `all of it is kept if that was asked for`() throws {
    let ring = PacketRing(byteLimit: 1 << 20, keepsPayload: true)
    let payload = Array("GET /?token=a HTTP/1.1\r\nCookie: b\r\n\r\n".utf8)
    Self.add(payload, number: 1, to: ring)
    let kept = try #require(ring.packets(between: Self.client, Self.server, realm: 0, from: 1).packets.first)
    #expect(Array(kept.head[54...]) == payload && kept.tail == [])
  }

  @Test func `a handshake is kept without what may be secret`() throws {
    let ring = PacketRing(byteLimit: 1 << 20)
    let head = "GET /feed?token=abc HTTP/1.1\r\nHost: a.example\r\nCookie: id=s3; t=1\r\n X-Y: z\r\nX\r\n\r\n"
    Self.add(Array(head.utf8) + [0x81, 1, 65], number: 1, to: ring)
    let kept = try #require(ring.packets(between: Self.client, Self.server, realm: 0, from: 1).packets.first)
    let shown =
      "GET /feed?xxxxxxxxx HTTP/1.1\r\nHost: a.example\r\nCookie: xxxxxx xxx\r\n X-Y: x\r\nx\r\n\r\n"
    #expect(String(decoding: kept.head[54...].dropLast(3), as: UTF8.self) == shown)
    #expect(kept.head.suffix(3) == [0x81, 1, 65])
  }

  @Test func `behind an empty line that ends no head nothing is shown`() throws {
    let ring = PacketRing(byteLimit: 1 << 20)
    Self.add(Array("GET / HTTP/1.1\nHost: a\n\nCookie: secret\nsecret\r\n".utf8), number: 1, to: ring)
    let kept = try #require(ring.packets(between: Self.client, Self.server, realm: 0, from: 1).packets.first)
    #expect(!String(decoding: kept.head, as: UTF8.self).contains("secret"))
  }

  static let startLines: [(line: String, shown: String)] = [
    ("GET ws://user:pass@a.example/feed?x HTTP/1.1", "GET ws://xxxxxxxxx@a.example/feed?x HTTP/1.1"),
    ("GET http://a@b:c@d/e@f HTTP/1.0", "GET http://xxxxx@d/e@f HTTP/1.0"),
    ("GET /a?u=b://c@d/ HTTP/1.1", "GET /a?xxxxxxxxxx HTTP/1.1"),
    ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 101 Switching Protocols"),
    // The middle of a Cookie, at the beginning of a segment.
    ("GET secret; id=s3", "xxx xxxxxxx xxxxx"), ("CONNsecret", "xxxxxxxxxx"),
  ]

  @Test(arguments: startLines)
  func `a start line is kept without its user and its query`(line: String, shown: String) throws {
    let ring = PacketRing(byteLimit: 1 << 20)
    Self.add(Array("\(line)\r\nHost: a\r\n\r\n".utf8), number: 1, to: ring)
    let kept = try #require(ring.packets(between: Self.client, Self.server, realm: 0, from: 1).packets.first)
    #expect(String(decoding: kept.head[54...], as: UTF8.self) == "\(shown)\r\nHost: a\r\n\r\n")
  }

  @Test func `of a connection with very many packets the first and the last are found`() {
    let ring = PacketRing(byteLimit: 64 << 20)
    for number in 1...12_000 { Self.add([1], number: UInt64(number), to: ring) }
    let found = ring.packets(between: Self.client, Self.server, realm: 0, from: 1)
    #expect(found.packets.count == 10_000 && found.leftOut == 2000)
    #expect(found.packets[999].facts.packet.number == 1000 && found.packets[1000].facts.packet.number == 3001)
  }
}
