/// Geneve's header (RFC 8926 §3.4), its options included.
struct GeneveHeader: Equatable {
  /// The network identifier.
  var vni: UInt32
  /// 8...260.
  var byteCount: Int
  var payload: Layer

  static let port: UInt16 = 6081

  /// - Throws: `.notTCP` if this is no Geneve, or carries something else.
  init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count >= offset + 8 else { throw .truncatedHeader }
    // Version 0, and no control packet.
    guard frame[offset] >> 6 == 0, frame[offset + 1] & 0x80 == 0 else { throw .notTCP }
    byteCount = 8 + Int(frame[offset] & 0x3f) * 4
    let type = frame.bigEndian16(at: offset + 2)
    guard let payload = type == GREHeader.bridging ? .ethernet : Layer(etherType: type) else { throw .notTCP }
    self.payload = payload
    vni = frame.bigEndian32(at: offset + 4) >> 8
  }
}
