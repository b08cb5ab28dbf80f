import Capture
import TestSupport
import Testing

@Suite struct TCPSegmentTests {
  struct Link: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var type: LinkType
    var bytes: [UInt8]
    var interface: UInt32? = nil
  }

  static let links = [
    Link(testDescription: "raw", type: .raw, bytes: []),
    Link(testDescription: "Ethernet", type: .ethernet, bytes: Frames.ethernet([0x08, 0x00], [])),
    Link(
      testDescription: "802.1Q", type: .ethernet,
      bytes: Frames.ethernet([0x81, 0x00], [0, 1, 0x08, 0x00])),
    Link(
      testDescription: "SLL2", type: .linuxSLL2,
      bytes: [8, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], interface: 5),
    Link(testDescription: "NULL", type: .null, bytes: [2, 0, 0, 0]),
  ]

  static func payload(_ segment: TCPSegment, in frame: [UInt8]) -> [UInt8] { Array(frame[segment.payload]) }

  @Test(arguments: links)
  func `the same packet on any link is the same segment`(_ link: Link) throws {
    let frame = link.bytes + Frames.ipv4(Frames.tcp + Frames.hello)
    let segment = try Frames.segment(in: frame, as: link.type)
    #expect(segment.packet == Frames.packet)
    #expect(segment.source.description == "10.9.1.2:40000")
    #expect(segment.destination.description == "10.9.1.1:80")
    #expect(segment.sequence == SequenceNumber(1000))
    #expect(segment.acknowledgment == SequenceNumber(5000))
    #expect(segment.flags == [.psh, .ack])
    #expect(segment.window == 0x1234)
    #expect(segment.payloadLength == 5)
    #expect(Self.payload(segment, in: frame) == Frames.hello)
    #expect(segment.identification == 0xabcd)
    #expect(segment.interface == link.interface)
  }

  @Test(arguments: links)
  func `a packet cut anywhere is truncated or has the beginning of its payload`(_ link: Link) throws {
    let frame = link.bytes + Frames.ipv4(Frames.tcp + Frames.hello)
    let headers = frame.count - Frames.hello.count
    for count in 0...frame.count {
      let part = Array(frame.prefix(count))
      let read = Result { () throws(SkipReason) in
        try Frames.segment(in: part, wireLength: frame.count, as: link.type)
      }
      guard count >= headers else {
        #expect(read == .failure(.truncatedHeader), "\(count) bytes")
        continue
      }
      let segment = try read.get()
      #expect(segment.payloadLength == 5)
      #expect(Self.payload(segment, in: part) == Array(Frames.hello.prefix(count - headers)))
    }
  }

  @Test func `padding behind the IP packet is not payload`() throws {
    let frame = Frames.ethernet([0x08, 0x00], Frames.ipv4(Frames.tcp)) + [1, 2, 3, 4, 5, 6]
    let segment = try Frames.segment(in: frame, as: .ethernet)
    #expect(segment.payloadLength == 0)
    #expect(segment.payload.isEmpty)
  }

  @Test func `payload begins behind the TCP options`() throws {
    let options: [UInt8] = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
    let frame = Frames.ipv4(TCPHeaderTests.header(words: 8) + options + Frames.hello)
    let segment = try Frames.segment(in: frame)
    #expect(segment.payloadLength == 5)
    #expect(Self.payload(segment, in: frame) == Frames.hello)
  }

  @Test(arguments: 20..<60)
  func `a packet cut inside its TCP options has its length and no bytes`(captured: Int) throws {
    let tcp = TCPHeaderTests.header(words: 15) + [UInt8](repeating: 1, count: 40)
    let frame = Frames.ipv4(tcp + Frames.hello)
    let part = Array(frame.prefix(20 + captured))
    let segment = try Frames.segment(in: part, wireLength: frame.count)
    #expect(segment.payloadLength == 5)
    #expect(segment.payload.isEmpty)
  }

  @Test(arguments: [20, 24, 39])
  func `a TCP header that does not fit the IP packet is bad`(totalLength: Int) {
    let frame = Frames.ipv4(Frames.tcp + Frames.hello, totalLength: totalLength)
    #expect(throws: SkipReason.badHeader) { _ = try Frames.segment(in: frame) }
  }

  @Test func `an offloaded packet has the length that was on the wire`() throws {
    let large = [UInt8](repeating: 0x61, count: 70_000)
    let frame = Frames.ethernet([0x08, 0x00], Frames.ipv4(Frames.tcp + large, totalLength: 0))
    let whole = try Frames.segment(in: frame, as: .ethernet)
    #expect(whole.payloadLength == 70_000)
    #expect(whole.payload.count == 70_000)
    let cut = try Frames.segment(in: Array(frame.prefix(154)), wireLength: frame.count, as: .ethernet)
    #expect(cut.payloadLength == 70_000)
    #expect(cut.payload == 54..<154)
  }

  @Test func `IPv6 carries the same segment`() throws {
    let frame = Frames.ipv6(Frames.tcp + Frames.hello)
    let segment = try Frames.segment(in: frame)
    #expect(segment.source.description == "[2001:db8::2]:40000")
    #expect(segment.destination.description == "[2001:db8::1]:80")
    #expect(Self.payload(segment, in: frame) == Frames.hello)
  }
}
