/// Packets that were dropped while a pcapng was captured, as its Interface Statistics Blocks tell
/// (draft-ietf-opsawg-pcapng §4.6): a later block of an interface counts from the beginning, too.
struct PcapngDrops {
  private var byInterface: [UInt32: UInt64] = [:]
  private var before: UInt64?
  private static let maxInterfaces = 1024
  private static let byTheInterface: UInt16 = 5
  private static let byTheSystem: UInt16 = 7

  /// As far as the blocks so far tell; `nil` if none does.
  var total: UInt64? {
    byInterface.isEmpty ? before : byInterface.values.reduce(before ?? 0) { Self.sum($0, $1) }
  }

  /// Interfaces are counted anew.
  mutating func beginSection() {
    before = total
    byInterface = [:]
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
