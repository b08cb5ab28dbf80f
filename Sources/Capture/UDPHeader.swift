/// A UDP header (RFC 768), as far as tunnels need it.
struct UDPHeader: Equatable {
  var destinationPort: UInt16
  /// Bytes on the wire, the header's 8 included.
  var length: Int

  static let byteCount = 8

  /// - Parameter room: bytes that the IP packet has for it on the wire.
  /// - Throws: `.notTCP` if its lengths contradict each other, or if its ports were not captured.
  init(parsing frame: Span<UInt8>, at offset: Int, room: Int) throws(SkipReason) {
    guard frame.count >= offset + Self.byteCount else { throw .notTCP }
    destinationPort = frame.bigEndian16(at: offset + 2)
    let field = Int(frame.bigEndian16(at: offset + 4))
    // Packets too large for the field have 0 (RFC 2675 §4).
    length = field == 0 ? room : field
    guard (Self.byteCount...max(room, Self.byteCount)).contains(length) else { throw .notTCP }
  }
}
