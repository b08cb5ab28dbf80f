/// The header of a mirrored frame, type II or III (draft-foschiano-erspan §4).
struct ERSPANHeader: Equatable {
  var session: UInt16
  /// 8, 12 or 20.
  var byteCount: Int
  var payload: Layer

  init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count >= offset + 8 else { throw .truncatedHeader }
    session = frame.bigEndian16(at: offset + 2) & 0x3ff
    payload = .ethernet
    switch frame[offset] >> 4 {
    case 1: byteCount = 8
    case 2:
      guard frame.count >= offset + 12 else { throw .truncatedHeader }
      let field = frame.bigEndian16(at: offset + 10)
      // The last bit announces a subheader of the platform.
      byteCount = field & 1 == 0 ? 12 : 20
      switch field >> 10 & 0x1f {
      case 0: break
      case 2: payload = .ip
      default: throw .notTCP
      }
    default: throw .notTCP
    }
  }
}
