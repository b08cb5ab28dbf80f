/// VXLAN's header (RFC 7348 §5), or that of its Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe §3).
struct VXLANHeader: Equatable {
  /// The network identifier.
  var vni: UInt32
  var payload: Layer

  static let byteCount = 8
  static let port: UInt16 = 4789
  /// What Linux had before IANA's port: Flannel and Cilium use it to this day.
  static let oldPort: UInt16 = 8472
  static let extensionPort: UInt16 = 4790

  /// - Throws: `.notTCP` if this is no VXLAN, or carries something else.
  init(parsing frame: Span<UInt8>, at offset: Int, isExtension: Bool) throws(SkipReason) {
    guard frame.count >= offset + Self.byteCount else { throw .truncatedHeader }
    let flags = frame[offset]
    // The identifier is valid.
    guard flags & 0x08 != 0 else { throw .notTCP }
    vni = frame.bigEndian32(at: offset + 4) >> 8
    payload = isExtension ? try Self.payload(flags: flags, next: frame[offset + 3]) : .ethernet
  }

  private static func payload(flags: UInt8, next: UInt8) throws(SkipReason) -> Layer {
    // Version 0, and no packet for operation and maintenance.
    guard flags & 0x31 == 0 else { throw .notTCP }
    guard flags & 0x04 != 0 else { return .ethernet }
    switch next {
    case 1, 2: return .ip
    case 3: return .ethernet
    case 5: return .mpls
    default: throw .notTCP
    }
  }
}
