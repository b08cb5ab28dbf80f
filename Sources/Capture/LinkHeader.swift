/// What the link layer says: what it carries and where that begins, and which interface saw it.
package struct LinkHeader: Equatable, Sendable {
  package var byteCount: Int
  package var interface: UInt32?
  var payload: Layer

  /// Reads the link-layer header of one captured packet, VLAN tags (802.1Q, 802.1ad) included.
  ///
  /// - Throws: why the packet carries no IP packet that can be read.
  @inline(__always)
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
    case .pppEther:
      self.init(byteCount: 0, .pppoe)
    case .ppp:
      self = try Self.ppp(frame)
    case .pppSerial, .ciscoHDLC:
      self = try Self.serial(frame)
    case .nflog:
      let header = try NFLogHeader(parsing: frame)
      self.init(byteCount: header.byteCount, interface: header.interface)
    }
  }

  /// An Ethernet header inside of a tunnel.
  ///
  /// - Parameter offset: where it begins; `byteCount` is counted from there.
  init(ethernet frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    self = try Self.ethernetPayload(frame, etherTypeAt: offset + 12)
    byteCount -= offset
  }

  private init(byteCount: Int, interface: UInt32? = nil, _ payload: Layer = .ip) {
    self.byteCount = byteCount
    self.interface = interface
    self.payload = payload
  }

  @inline(__always)
  private static func ethernetPayload(
    _ frame: Span<UInt8>, etherTypeAt start: Int
  ) throws(SkipReason) -> LinkHeader {
    guard frame.count >= start + 2 else { throw .truncatedHeader }
    let etherType = frame.bigEndian16(at: start)
    // What nearly all packets are, without a call.
    if etherType == 0x0800 || etherType == 0x86dd { return LinkHeader(byteCount: start + 2) }
    return try tagged(frame, etherType: etherType, at: start + 2)
  }

  /// LINKTYPE_LINUX_SLL2: protocol first, a 32-bit interface index at byte 4, 20 bytes in all.
  private static func linuxSLL2(_ frame: Span<UInt8>) throws(SkipReason) -> LinkHeader {
    guard frame.count >= 20 else { throw .truncatedHeader }
    let etherType = frame.bigEndian16(at: 0)
    var header =
      etherType == 0x0800 || etherType == 0x86dd
      ? LinkHeader(byteCount: 20) : try tagged(frame, etherType: etherType, at: 20)
    header.interface = frame.bigEndian32(at: 4)
    return header
  }

  /// Follows VLAN tags and SNAP headers from an EtherType to what it stands for.
  @inline(never)
  private static func tagged(
    _ frame: Span<UInt8>, etherType: UInt16, at start: Int
  ) throws(SkipReason) -> LinkHeader {
    var etherType = etherType
    var offset = start
    while true {
      switch etherType {
      case 0x8100, 0x88a8, 0x9100:
        guard frame.count >= offset + 4 else { throw .truncatedHeader }
        etherType = frame.bigEndian16(at: offset + 2)
        offset += 4
      // A length instead of a type (IEEE 802.3 §3.2.6): LLC follows. So it does behind SLL's number 4.
      case 0...1500:
        etherType = try snapEtherType(frame, at: offset)
        offset += 8
      default:
        guard let payload = Layer(etherType: etherType) else { throw .notIP }
        return LinkHeader(byteCount: offset, payload)
      }
    }
  }

  /// An LLC header that says SNAP, and SNAP's with an EtherType (RFC 1042; OUI 00-00-F8 is IEEE 802.1H's).
  private static func snapEtherType(_ frame: Span<UInt8>, at offset: Int) throws(SkipReason) -> UInt16 {
    guard frame.count >= offset + 3 else { throw .truncatedHeader }
    guard frame.bigEndian16(at: offset) == 0xaaaa, frame[offset + 2] == 0x03 else { throw .notIP }
    guard frame.count >= offset + 8 else { throw .truncatedHeader }
    let organization = frame.bigEndian32(at: offset + 2) & 0xff_ffff
    guard organization == 0 || organization == 0xf8 else { throw .notIP }
    return frame.bigEndian16(at: offset + 6)
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

  private static func ppp(_ frame: Span<UInt8>) throws(SkipReason) -> LinkHeader {
    let header = try PPPHeader(parsing: frame, at: 0)
    return LinkHeader(byteCount: header.byteCount, header.payload)
  }

  /// PPP, or Cisco's HDLC: address 0x0f (unicast) or 0x8f (broadcast), a byte 0, an EtherType.
  private static func serial(_ frame: Span<UInt8>) throws(SkipReason) -> LinkHeader {
    guard frame.count >= 1 else { throw .truncatedHeader }
    guard frame[0] == 0x0f || frame[0] == 0x8f else { return try ppp(frame) }
    return try ethernetPayload(frame, etherTypeAt: 2)
  }
}
