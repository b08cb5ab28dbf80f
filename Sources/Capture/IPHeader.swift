/// What the TCP layer needs of an IPv4 or IPv6 header (RFC 791 §3.1, RFC 8200 §3).
package struct IPHeader: Equatable, Sendable {
  package var source: IPAddress
  package var destination: IPAddress
  /// Where the TCP header begins, in bytes from the start of the captured packet.
  package var payloadOffset: Int
  /// Bytes of TCP header and payload on the wire. What follows in the packet is padding.
  package var payloadLength: Int

  /// The IPv4 identification; 0 in IPv6, which has none.
  package var identification: UInt16

  static let tcp: UInt8 = 6

  /// - Parameters:
  ///   - frame: the captured bytes of one packet; snaplen may have cut it short.
  ///   - offset: where the IP header begins.
  ///   - wireLength: bytes that the whole packet had on the wire, link header included. It stands in
  ///     for the length fields where they are 0: segmentation offload writes packets too large for them.
  /// - Throws: why this is no TCP packet that can be read.
  package init(
    parsing frame: Span<UInt8>, at offset: Int, wireLength: Int
  ) throws(SkipReason) {
    guard frame.count > offset else { throw .truncatedHeader }
    switch frame[offset] >> 4 {
    case 4: try self.init(v4: frame, at: offset, wireLength: wireLength)
    case 6: try self.init(v6: frame, at: offset, wireLength: wireLength)
    default: throw .notIP
    }
  }

  private init(v4 frame: Span<UInt8>, at offset: Int, wireLength: Int) throws(SkipReason) {
    guard frame.count - offset >= 20 else { throw .truncatedHeader }
    let headerLength = Int(frame[offset] & 0x0f) * 4
    guard headerLength >= 20 else { throw .badHeader }
    // More fragments, or a fragment offset.
    guard frame.bigEndian16(at: offset + 6) & 0x3fff == 0 else { throw .fragment }
    guard frame[offset + 9] == Self.tcp else { throw .notTCP }
    let field = Int(frame.bigEndian16(at: offset + 2))
    let totalLength = field == 0 ? wireLength - offset : field
    guard totalLength >= headerLength else { throw .badHeader }
    identification = frame.bigEndian16(at: offset + 4)
    source = IPAddress(v4: frame.bigEndian32(at: offset + 12))
    destination = IPAddress(v4: frame.bigEndian32(at: offset + 16))
    payloadOffset = offset + headerLength
    payloadLength = totalLength - headerLength
  }

  private init(v6 frame: Span<UInt8>, at offset: Int, wireLength: Int) throws(SkipReason) {
    guard frame.count - offset >= 40 else { throw .truncatedHeader }
    let field = Int(frame.bigEndian16(at: offset + 4))
    let end = field == 0 ? wireLength : offset + 40 + field
    identification = 0
    source = IPAddress(high: frame.bigEndian64(at: offset + 8), low: frame.bigEndian64(at: offset + 16))
    destination = IPAddress(
      high: frame.bigEndian64(at: offset + 24), low: frame.bigEndian64(at: offset + 32))
    payloadOffset = try Self.skipExtensionHeaders(frame, next: frame[offset + 6], at: offset + 40)
    guard end >= payloadOffset else { throw .badHeader }
    payloadLength = end - payloadOffset
  }

  private static let extensionHeaders: Set<UInt8> = [0, 43, 44, 51, 60, 135, 139, 140]

  /// Walks the chain of IPv6 extension headers (RFC 8200 §4); each is at least 8 bytes, so it ends.
  private static func skipExtensionHeaders(
    _ frame: Span<UInt8>, next: UInt8, at start: Int
  ) throws(SkipReason) -> Int {
    var current = next
    var offset = start
    while current != tcp {
      guard extensionHeaders.contains(current) else { throw .notTCP }
      guard frame.count - offset >= 8 else { throw .truncatedHeader }
      let length = Int(frame[offset + 1])
      let byteCount: Int
      switch current {
      case 44:
        // Offset 0 and nothing to follow: a whole packet (RFC 6946).
        guard frame.bigEndian16(at: offset + 2) & 0xfff9 == 0 else { throw .fragment }
        byteCount = 8
      case 51: byteCount = (length + 2) * 4
      default: byteCount = (length + 1) * 8
      }
      current = frame[offset]
      offset += byteCount
    }
    return offset
  }
}
