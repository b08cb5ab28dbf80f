import TestSupport
import Testing

@testable import Capture

/// Captures of many blocks, which are read ahead.
@Suite struct CaptureInputTests {
  private static let inBlock = BlockMemory.blockSize - BlockMemory.room

  @Test(arguments: [0, 1, inBlock, inBlock + 1, 2 * inBlock, 3 * inBlock, 9 * inBlock + 17])
  func `blocks hold the bytes in order`(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 251) }
    let input = CaptureInput(DecompressedBytes(ByteSource(bytes: bytes)))
    var read: [UInt8] = []
    var isLast = false
    while !isLast {
      let block = input.next()
      read += block.bytes[block.range]
      isLast = block.isLast
    }
    #expect(read == bytes)
  }

  /// Packets around a record that is longer than five blocks.
  @Test func `a record longer than blocks is read whole, and the packets behind it`() throws {
    let secrets = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let packets = CaptureBlockTests.packets.prefix(700).map(\.self)
    let half = packets.count / 2
    let file =
      PcapngBytes.file(Array(packets[..<half])) + PcapngBytes.secrets(secrets, order: .little)
      + packets[half...].flatMap {
        PcapngBytes.enhancedPacket(PcapBytes.ethernet($0), order: .little)
      }
    let keeper = try CaptureBlockTests.read(file, keepsAll: true)
    #expect(keeper.packets.map(\.bytes) == packets.map(\.payload))
    for packet in keeper.packets {
      let start = try #require(packet.start)
      #expect(packet.payload.map { keeper.blocks[packet.block].bytes[start + $0] } == packet.bytes)
    }
    #expect(try Reading(of: file).secrets == [secrets])
  }

  @Test(arguments: [1, 20, 1000])
  func `damage behind many blocks names its packet and byte`(missing: Int) throws {
    let file = CaptureStreamTests.large
    let reading = try Reading(of: Array(file.dropLast(missing)))
    #expect(reading.segments.count == 1002)
    #expect(reading.damage?.packet == 1003)
    #expect(reading.damage?.byte == UInt64(file.count - missing))
  }

  /// Each as long as what a block brings: the place in the window moves as fast as the window grows.
  @Test func `records that are as long as blocks leave no more behind them than one`() throws {
    let long = PcapngBytes.block(5, [UInt8](repeating: 0, count: Self.inBlock - 12), .little)
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little)
      + (0..<40).flatMap { _ in long } + PcapngBytes.enhancedPacket([1, 2, 3, 4], order: .little)
    var file = try CaptureFile(ByteSource(bytes: bytes), source: "memory")
    #expect(try file.next() != nil)
    #expect(file.buffer.bytes.count <= 4 * BlockMemory.blockSize)
    #expect(try file.next() == nil)
  }

  @Test func `what is wrong with a header is told, and not what is wrong far behind it`() throws {
    let packet = PcapngBytes.enhancedPacket([1, 2, 3, 4], order: .little)
    let bytes = PcapngBytes.section(.little) + packet + (0..<2000).flatMap { _ in packet }
    let compressed = try CompressionTests.output(of: "gzip", "-c", reading: bytes)
    let error = #expect(throws: CaptureError.self) {
      try Reading(of: Array(compressed.dropLast(20)))
    }
    #expect(error?.problem == "a packet is of interface 0, which is not described")
  }
}
