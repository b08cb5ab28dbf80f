import Capture
import TestSupport
import Testing

/// Decryption Secrets Blocks among the blocks of a pcapng.
@Suite struct DecryptionSecretsTests {
  static let keys = Array("CLIENT_RANDOM 00 11\n".utf8)

  static func section(_ order: FieldOrder) -> [UInt8] {
    PcapngBytes.section(order) + PcapngBytes.interface(order)
  }
  static func packet(_ order: FieldOrder) -> [UInt8] {
    PcapngBytes.enhancedPacket([UInt8](repeating: 10, count: 61), order: order)
  }

  /// The secrets in front of the last packet, which is added.
  static func found(
    _ bytes: [UInt8], order: FieldOrder = .little
  ) throws -> (secrets: [[UInt8]], broken: UInt64) {
    let reading = try Reading(of: bytes + packet(order))
    return (reading.secrets, reading.statistics.brokenSecrets)
  }

  /// Those without a byte are none.
  @Test(arguments: FieldOrder.allCases)
  func `secrets are found wherever the bytes are cut`(order: FieldOrder) throws {
    let bytes =
      Self.section(order) + PcapngBytes.secrets(Self.keys, order: order) + Self.packet(order)
      + PcapngBytes.secrets([], order: order) + Self.packet(order)
    for length in bytes.indices {
      let reading = try TemporaryFolder.with { folder in
        var source = CaptureSource(path: try folder.file(Array(bytes.dropFirst(length))))
        source.beginning = Array(bytes.prefix(length))
        return try Reading(source)
      }
      #expect(reading.secrets == [Self.keys])
      #expect(reading.statistics.brokenSecrets == 0)
    }
  }

  @Test func `a second section may have the other byte order`() throws {
    let bytes =
      Self.section(.little) + PcapngBytes.secrets(Self.keys, order: .little)
      + Self.section(.big) + PcapngBytes.secrets(Self.keys, order: .big)
    #expect(try Self.found(bytes, order: .big).secrets.count == 2)
  }

  @Test func `secrets of something else are passed over`() throws {
    let bytes = Self.section(.little) + PcapngBytes.secrets(Self.keys, type: 1, order: .little)
    #expect(try Self.found(bytes).secrets.isEmpty)
    #expect(try Self.found(bytes).broken == 0)
  }

  @Test(arguments: [21, 24, 25, 1 << 20, UInt32.max])
  func `a block that is shorter than its secrets is broken, and the next is read`(length: UInt32) throws {
    let bytes =
      Self.section(.little) + PcapngBytes.secrets(Self.keys, length: length, order: .little)
      + PcapngBytes.secrets(Self.keys, order: .little)
    let (secrets, broken) = try Self.found(bytes)
    // What is counted as padding may be claimed.
    #expect(secrets.count + Int(broken) == 2)
    #expect(secrets.last == Self.keys)
    #expect(broken == (length > 20 ? 1 : 0))
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever bytes come, nothing traps`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes =
      Self.section(.little) + PcapngBytes.secrets(Self.keys, order: .little)
      + PcapngBytes.statistics(byInterface: 7, order: .little)
    for _ in 0..<4 {
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
    }
    guard let (secrets, _) = try? Self.found(bytes) else { return }
    #expect(secrets.allSatisfy { $0.count <= bytes.count })
  }
}
