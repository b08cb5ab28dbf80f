/// The header of a PPPoE session's packet (RFC 2516 §4), and PPP's behind it.
struct PPPoEHeader: Equatable {
  var session: UInt16
  /// Bytes of both headers.
  var byteCount: Int
  /// Bytes on the wire, both headers included.
  var packetLength: Int
  var payload: Layer

  /// - Throws: `.notIP` if it carries something else, or is none of a session.
  init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count >= offset + 6 else { throw .truncatedHeader }
    // Version 1, type 1, code 0: session data.
    guard frame.bigEndian16(at: offset) == 0x1100 else { throw .notIP }
    session = frame.bigEndian16(at: offset + 2)
    packetLength = 6 + Int(frame.bigEndian16(at: offset + 4))
    let ppp = try PPPHeader(parsing: frame, at: offset + 6)
    byteCount = 6 + ppp.byteCount
    payload = ppp.payload
    guard packetLength >= byteCount else { throw .badHeader }
  }
}
