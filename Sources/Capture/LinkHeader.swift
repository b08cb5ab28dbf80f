/// The link types read here, by the names of the registry of link-layer header types
/// (tcpdump.org/linktypes.html).
package enum LinkType: String, Hashable, Sendable {
  case null = "NULL"
  case ethernet = "EN10MB"
  case raw = "RAW"
  case loop = "LOOP"
  case linuxSLL = "LINUX_SLL"
  case linuxSLL2 = "LINUX_SLL2"

  /// From the number that libpcap's `pcap_datalink` returns; `nil` if it cannot be read here.
  init?(datalink: Int32) {
    switch datalink {
    case 0: self = .null
    case 1: self = .ethernet
    // DLT_RAW on most systems, on OpenBSD, LINKTYPE_RAW, DLT_IPV4, DLT_IPV6.
    case 12, 14, 101, 228, 229: self = .raw
    case 108: self = .loop
    case 113: self = .linuxSLL
    case 276: self = .linuxSLL2
    default: return nil
    }
  }

  /// The number by which libpcap knows it.
  var datalink: Int32 {
    switch self {
    case .null: 0
    case .ethernet: 1
    case .raw: 12
    case .loop: 108
    case .linuxSLL: 113
    case .linuxSLL2: 276
    }
  }
}

/// What the link layer says: where the IP packet begins, and which interface saw it.
package struct LinkHeader: Equatable, Sendable {
  package var byteCount: Int
  package var interface: UInt32?

  /// Reads the link-layer header of one captured packet, VLAN tags (802.1Q, 802.1ad) included.
  ///
  /// - Throws: why the packet carries no IP packet that can be read.
  package init(parsing frame: Span<UInt8>, as type: LinkType) throws(SkipReason) {
    switch type {
    case .ethernet:
      self = try Self.ethernetPayload(frame, etherTypeAt: 12)
    case .linuxSLL:
      self = try Self.ethernetPayload(frame, etherTypeAt: 14)
    case .linuxSLL2:
      self = try Self.linuxSLL2(frame)
    case .null, .loop:
      self = try Self.bsdLoopback(frame)
    case .raw:
      self.init(byteCount: 0)
    }
  }

  private init(byteCount: Int, interface: UInt32? = nil) {
    self.byteCount = byteCount
    self.interface = interface
  }

  private static func ethernetPayload(
    _ frame: Span<UInt8>, etherTypeAt start: Int
  ) throws(SkipReason) -> LinkHeader {
    guard frame.count >= start + 2 else { throw .truncatedHeader }
    let etherType = frame.bigEndian16(at: start)
    return LinkHeader(byteCount: try ipOffset(frame, etherType: etherType, at: start + 2))
  }

  /// LINKTYPE_LINUX_SLL2: protocol first, a 32-bit interface index at byte 4, 20 bytes in all.
  private static func linuxSLL2(_ frame: Span<UInt8>) throws(SkipReason) -> LinkHeader {
    guard frame.count >= 20 else { throw .truncatedHeader }
    let etherType = frame.bigEndian16(at: 0)
    return LinkHeader(
      byteCount: try ipOffset(frame, etherType: etherType, at: 20),
      interface: frame.bigEndian32(at: 4))
  }

  /// Follows VLAN tags from an EtherType to the IP header behind them.
  private static func ipOffset(
    _ frame: Span<UInt8>, etherType: UInt16, at start: Int
  ) throws(SkipReason) -> Int {
    var etherType = etherType
    var offset = start
    while etherType == 0x8100 || etherType == 0x88a8 || etherType == 0x9100 {
      guard frame.count >= offset + 4 else { throw .truncatedHeader }
      etherType = frame.bigEndian16(at: offset + 2)
      offset += 4
    }
    guard etherType == 0x0800 || etherType == 0x86dd else { throw .notIP }
    return offset
  }

  /// LINKTYPE_NULL has the address family in the byte order of the machine that captured, LINKTYPE_LOOP
  /// in network order: as every family is a small number, either end of the field may hold it.
  private static func bsdLoopback(_ frame: Span<UInt8>) throws(SkipReason) -> LinkHeader {
    guard frame.count >= 4 else { throw .truncatedHeader }
    let big = frame.bigEndian32(at: 0)
    switch min(big, big.byteSwapped) {
    // AF_INET, and AF_INET6 as NetBSD and OpenBSD, FreeBSD, macOS, Linux number it.
    case 2, 24, 28, 30, 10: return LinkHeader(byteCount: 4)
    default: throw .notIP
    }
  }
}
