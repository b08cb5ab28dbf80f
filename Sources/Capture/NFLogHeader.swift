/// The header that LINKTYPE_NFLOG puts in front of an IP packet: family, version, group, then attributes of
/// netlink, of which the last one is the packet.
struct NFLogHeader: Equatable {
  /// Where the IP packet begins.
  var byteCount: Int
  /// The interface that the packet came in by; else the one by which it goes out.
  var interface: UInt32?

  /// NFULA_PAYLOAD, NFULA_IFINDEX_INDEV and NFULA_IFINDEX_OUTDEV of linux/netfilter/nfnetlink_log.h.
  private static let packet: UInt16 = 9
  private static let input: UInt16 = 4
  private static let output: UInt16 = 5

  init(parsing frame: Span<UInt8>) throws(SkipReason) {
    var offset = 4
    while true {
      guard frame.count >= offset + 4 else { throw .truncatedHeader }
      var length = frame.bigEndian16(at: offset).byteSwapped
      var type = frame.bigEndian16(at: offset + 2).byteSwapped
      // Numbers are those of the machine that captured. Types are small: the other order makes them large.
      if type & 0x3fff > 0xff { (length, type) = (length.byteSwapped, type.byteSwapped) }
      guard length >= 4 else { throw .badHeader }
      switch type {
      case Self.packet:
        byteCount = offset + 4
        return
      case Self.input where length == 8, Self.output where length == 8 && interface == nil:
        guard frame.count >= offset + 8 else { throw .truncatedHeader }
        interface = frame.bigEndian32(at: offset + 4)
      default: break
      }
      offset += (Int(length) + 3) & ~3
    }
  }
}
