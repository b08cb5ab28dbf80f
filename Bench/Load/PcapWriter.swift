/// Writes a classic pcap file (draft-ietf-opsawg-pcap) in pieces: little-endian, microseconds, Ethernet.
struct PcapWriter {
  private var buffer: [UInt8] = []
  private let flush: ([UInt8]) throws -> Void
  private(set) var packets = 0
  private(set) var bytes = 0

  /// Bytes of a piece.
  private static let piece = 1 << 20
  private static let linkType: UInt32 = 1
  private static let snaplen: UInt32 = 262_144

  init(_ flush: @escaping ([UInt8]) throws -> Void) {
    self.flush = flush
    buffer.reserveCapacity(Self.piece + 1 << 16)
    for field in [0xa1b2_c3d4, 0x0004_0002, 0, 0, Self.snaplen, Self.linkType] {
      buffer.appendLittleEndian32(field)
    }
  }

  /// - Parameters:
  ///   - time: nanoseconds since 1970.
  ///   - packet: adds the packet's bytes.
  mutating func write(at time: Int64, _ packet: (inout [UInt8]) -> Void) throws {
    buffer.appendLittleEndian32(UInt32(truncatingIfNeeded: time / 1_000_000_000))
    buffer.appendLittleEndian32(UInt32(time % 1_000_000_000 / 1000))
    let lengths = buffer.count
    buffer.appendLittleEndian32(0)
    buffer.appendLittleEndian32(0)
    packet(&buffer)
    let length = UInt32(buffer.count - lengths - 8)
    for offset in [lengths, lengths + 4] { buffer.setBigEndian32(length.byteSwapped, at: offset) }
    packets += 1
    if buffer.count >= Self.piece { try finish() }
  }

  /// Hands out what is left.
  mutating func finish() throws {
    bytes += buffer.count
    try flush(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
