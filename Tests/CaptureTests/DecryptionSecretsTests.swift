import TestSupport
import Testing

@testable import Capture

/// Decryption Secrets Blocks among the blocks of a pcapng.
@Suite struct DecryptionSecretsTests {
  static let keys = Array("CLIENT_RANDOM 00 11\n".utf8)

  /// - Parameter size: how many bytes come at a time.
  static func found(_ bytes: [UInt8], size: Int = .max) -> (secrets: [[UInt8]], broken: UInt64) {
    var blocks = PcapngBlocks()
    var start = 0
    while start < bytes.count {
      let end = start + min(size, bytes.count - start)
      blocks.read(Array(bytes[start..<end]).span)
      start = end
    }
    return (blocks.take(), blocks.broken)
  }

  @Test(arguments: [1, 2, 3, 5, 7, 12, 1000], [FieldOrder.little, .big])
  func `secrets are found wherever the bytes are cut`(size: Int, order: FieldOrder) {
    let bytes =
      PcapngBytes.section(order) + PcapngBytes.interface(order)
      + PcapngBytes.secrets(Self.keys, order: order)
      + PcapngBytes.enhancedPacket([UInt8](repeating: 10, count: 61), order: order)
      + PcapngBytes.secrets([], order: order)
    let (secrets, broken) = Self.found(bytes, size: size)
    #expect(secrets == [Self.keys, []])
    #expect(broken == 0)
  }

  @Test func `a second section may have the other byte order`() {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.secrets(Self.keys, order: .little)
      + PcapngBytes.section(.big) + PcapngBytes.secrets(Self.keys, order: .big)
    #expect(Self.found(bytes).secrets.count == 2)
  }

  @Test func `secrets of something else are passed over`() {
    let bytes = PcapngBytes.section(.little) + PcapngBytes.secrets(Self.keys, type: 1, order: .little)
    #expect(Self.found(bytes).secrets.isEmpty)
    #expect(Self.found(bytes).broken == 0)
  }

  @Test(arguments: [21, 24, 25, 1 << 20, UInt32.max])
  func `a block that is shorter than its secrets is broken, and the next is read`(length: UInt32) {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.secrets(Self.keys, length: length, order: .little)
      + PcapngBytes.secrets(Self.keys, order: .little)
    let (secrets, broken) = Self.found(bytes)
    // What is counted as padding may be claimed.
    #expect(secrets.count + Int(broken) == 2)
    #expect(secrets.last == Self.keys)
    #expect(broken == (length > 20 ? 1 : 0))
  }

  @Test func `other files hold none`() {
    let bytes = PcapBytes.header() + PcapngBytes.secrets(Self.keys, order: .little)
    #expect(Self.found(bytes).secrets.isEmpty)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever bytes come, nothing traps`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes =
      PcapngBytes.section(.little) + PcapngBytes.secrets(Self.keys, order: .little)
      + PcapngBytes.statistics(byInterface: 7, order: .little)
    for _ in 0..<4 {
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
    }
    let (secrets, _) = Self.found(bytes, size: 1 + Int(random.next() % 30))
    #expect(secrets.allSatisfy { $0.count <= bytes.count })
  }
}
