/// A GRE header (RFC 2784 §2, RFC 2890 §2), and ERSPAN's behind it.
struct GREHeader: Equatable {
  var kind: Encapsulation.Kind
  /// GRE's key, or the session of ERSPAN.
  var id: UInt32?
  /// Bytes of both headers.
  var byteCount: Int
  var payload: Layer

  /// "Transparent Ethernet bridging": the EtherType of a whole Ethernet frame.
  static let bridging: UInt16 = 0x6558
  /// ERSPAN, types I and II, and type III.
  private static let mirror: UInt16 = 0x88be
  private static let mirrorIII: UInt16 = 0x22eb

  /// - Throws: `.notTCP` for the GRE of PPTP (version 1), for source routes, and for what is not read here.
  init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count >= offset + 4 else { throw .truncatedHeader }
    let flags = frame.bigEndian16(at: offset)
    // Routing (RFC 1701), version.
    guard flags & 0x4007 == 0 else { throw .notTCP }
    let (hasChecksum, hasKey, hasSequence) = (flags & 0x8000 != 0, flags & 0x2000 != 0, flags & 0x1000 != 0)
    let keyOffset = offset + (hasChecksum ? 8 : 4)
    byteCount = (keyOffset - offset) + (hasKey ? 4 : 0) + (hasSequence ? 4 : 0)
    guard frame.count >= offset + byteCount else { throw .truncatedHeader }
    kind = .gre
    id = hasKey ? frame.bigEndian32(at: keyOffset) : nil
    let type = frame.bigEndian16(at: offset + 2)
    switch type {
    case Self.bridging: payload = .ethernet
    // Type I has neither a sequence number nor a header.
    case Self.mirror where !hasSequence:
      kind = .erspan
      payload = .ethernet
    case Self.mirror, Self.mirrorIII:
      let mirrored = try ERSPANHeader(parsing: frame, at: offset + byteCount)
      kind = .erspan
      id = UInt32(mirrored.session)
      byteCount += mirrored.byteCount
      payload = mirrored.payload
    default:
      guard let layer = Layer(etherType: type) else { throw .notTCP }
      payload = layer
    }
  }
}
