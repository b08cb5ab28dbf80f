/// Packets that were dropped while a pcapng was captured. Its Interface Statistics Blocks tell (draft-ietf-opsawg-pcapng
/// §4.6): a later block of an interface counts from the beginning, too. Its packets tell, each how many were dropped
/// since the one before it (§4.3). Where both do they tell of the same packets, and the larger number holds.
struct PcapngDrops {
  private var byInterface: [UInt32: UInt64] = [:]
  /// As packets tell.
  private var betweenPackets: [UInt32: UInt64] = [:]
  private var before: UInt64?
  private static let maxInterfaces = 1024
  private static let byTheInterface: UInt16 = 5
  private static let byTheSystem: UInt16 = 7
  private static let sinceThePacketBefore: UInt16 = 4
  /// A packet's option that tells: code, length, number.
  static let optionLength = 12

  /// As far as the blocks so far tell; `nil` if none does.
  var total: UInt64? {
    let counts = byInterface.merging(betweenPackets) { max($0, $1) }
    return counts.isEmpty ? before : counts.values.reduce(before ?? 0) { Self.sum($0, $1) }
  }

  /// Interfaces are counted anew.
  mutating func beginSection() {
    before = total
    byInterface = [:]
    betweenPackets = [:]
  }

  /// - Parameters:
  ///   - body: an Enhanced Packet Block without type and lengths.
  ///   - offset: where its options begin.
  mutating func readOptions(at offset: Int, of body: Span<UInt8>, order: ByteOrder) {
    var options = PcapngOptions(at: offset)
    while let (code, range) = options.next(in: body, order: order) {
      guard code == Self.sinceThePacketBefore, range.count == 8 else { continue }
      add(order.uint64(body, at: range.lowerBound), of: order.uint32(body, at: 0))
    }
  }

  /// Takes what a packet tells of those in front of it.
  mutating func add(_ count: UInt64, of interface: UInt32) {
    guard betweenPackets[interface] != nil || betweenPackets.count < Self.maxInterfaces else { return }
    betweenPackets[interface] = Self.sum(betweenPackets[interface] ?? 0, count)
  }

  /// - Parameter body: the block without type and lengths: interface, time in 8 bytes, options.
  mutating func read(_ body: Span<UInt8>, order: ByteOrder) {
    guard body.count >= 12 else { return }
    let interface = order.uint32(body, at: 0)
    guard byInterface[interface] != nil || byInterface.count < Self.maxInterfaces else { return }
    var count: UInt64?
    var options = PcapngOptions(at: 12)
    while let (code, range) = options.next(in: body, order: order) {
      guard code == Self.byTheInterface || code == Self.byTheSystem, range.count == 8 else { continue }
      count = Self.sum(count ?? 0, order.uint64(body, at: range.lowerBound))
    }
    if let count { byInterface[interface] = count }
  }

  private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}
