/// A PPP header: the address and control fields of RFC 1662 §3.1, if they are there, and the protocol.
struct PPPHeader: Equatable {
  /// 1...4.
  var byteCount: Int
  var payload: Layer

  /// - Throws: `.notIP` for another protocol: LCP, compressed headers, ...
  init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    var start = offset
    guard frame.count > start else { throw .truncatedHeader }
    if frame[start] == 0xff {
      guard frame.count >= start + 2 else { throw .truncatedHeader }
      if frame[start + 1] == 0x03 { start += 2 }
    }
    guard frame.count > start else { throw .truncatedHeader }
    // Numbers below 256 may be sent as one byte, which is then odd (RFC 1661 §6.5).
    let isShort = frame[start] & 1 == 1
    guard isShort || frame.count >= start + 2 else { throw .truncatedHeader }
    switch isShort ? UInt16(frame[start]) : frame.bigEndian16(at: start) {
    case 0x0021, 0x0057: payload = .ip
    case 0x0281, 0x0283: payload = .mpls
    default: throw .notIP
    }
    byteCount = start - offset + (isShort ? 1 : 2)
  }
}
