import TestSupport
import Testing

@testable import Capture

@Suite struct CaptureBlockTests {
  /// Keeps what it is told of, and looks at it when all has been read.
  struct Keeper: SegmentSink {
    static let keepsBlocks = true
    let keepsAll: Bool
    var blocks: [CaptureBlock] = []
    var addresses: Set<UInt> = []
    /// How many blocks it was told of.
    var told = 0
    var packets: [(block: Int, start: Int?, payload: Range<Int>, bytes: [UInt8])] = []

    mutating func receive(_ block: CaptureBlock) {
      addresses.insert(unsafe block.bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) })
      told += 1
      if !keepsAll { blocks.removeAll() }
      blocks.append(block)
    }

    mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>) {
      let bytes = segment.payload.map { frame[$0] }
      packets.append((blocks.count - 1, blocks.last?.extent.start(of: frame), segment.payload, bytes))
    }
  }

  /// Packets of different lengths, up to nearly the longest.
  static let packets: [TestPacket] = {
    var talk = Conversation()
    talk.upgrade()
    for number in 0..<900 {
      talk.send(
        .server,
        WebSocketBytes.frame(.binary, (0..<number * 3).map { UInt8(truncatingIfNeeded: $0 &* number) }))
    }
    for length in [65_000, 1, 65_000, 10_000] {
      talk.send(.server, WebSocketBytes.frame(.binary, Array(repeating: UInt8(length & 0xff), count: length)))
    }
    return talk.packets
  }()

  static func read(_ bytes: [UInt8], keepsAll: Bool) throws -> Keeper {
    var keeper = Keeper(keepsAll: keepsAll)
    var reader = try CaptureReader(CaptureSource(bytes: bytes))
    reader.read(into: &keeper)
    return keeper
  }

  @Test func `packets stay where they are while their block is kept`() throws {
    let keeper = try Self.read(PcapBytes.file(Self.packets), keepsAll: true)
    #expect(keeper.blocks.count > 5)
    #expect(keeper.packets.map(\.bytes) == Self.packets.map(\.payload))
    for packet in keeper.packets {
      let start = try #require(packet.start)
      let block = keeper.blocks[packet.block].bytes
      #expect(packet.payload.map { block[start + $0] } == packet.bytes)
    }
  }

  @Test func `memory that nobody keeps is read into again`() throws {
    let packets = (0..<10).flatMap { _ in Self.packets.prefix(800) }
    let keeper = try Self.read(PcapBytes.file(packets), keepsAll: false)
    #expect(keeper.packets.map(\.bytes) == packets.map(\.payload))
    #expect(keeper.told > 30)
    // Eight are read ahead or about to be, one is looked at, one is kept until the next has come, and one is on its way;
    // another one is a copy, where a block was read into before it was gone.
    #expect((1...12).contains(keeper.addresses.count))
  }

  @Test func `what fragments were put together to lies in no block`() throws {
    let frames = FragmentTests.fragments(FragmentTests.payload, at: [0, 800, 1600])
    let records = frames.flatMap { packet in
      let frame = Frames.ethernet([8, 0], packet)
      return PcapBytes.record(frame, capturedLength: frame.count, time: Timestamp(nanoseconds: 0))
    }
    let keeper = try Self.read(PcapBytes.header() + records, keepsAll: true)
    #expect(keeper.blocks.count == 1)
    #expect(keeper.packets.map(\.start) == [nil])
    #expect(keeper.packets.map(\.bytes) == [FragmentTests.text])
  }
}
