/// Protocol numbers of IPv4, next headers of IPv6 (IANA's Assigned Internet Protocol Numbers).
package struct IPProtocol: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let ipv4 = IPProtocol(rawValue: 4)
  package static let tcp = IPProtocol(rawValue: 6)
  package static let udp = IPProtocol(rawValue: 17)
  package static let ipv6 = IPProtocol(rawValue: 41)
  package static let gre = IPProtocol(rawValue: 47)
}

/// What is needed of an IPv4 or IPv6 header (RFC 791 §3.1, RFC 8200 §3), IPv6's extension headers included.
package struct IPHeader: Equatable, Sendable {
  package var source: IPAddress
  package var destination: IPAddress
  /// What the packet carries. In a fragment of IPv6 more extension headers may follow.
  package var `protocol`: IPProtocol
  /// Where what it carries begins, in bytes from the start of the captured packet.
  package var payloadOffset: Int
  /// Bytes of what it carries on the wire. What follows in the packet is padding.
  package var payloadLength: Int
  /// The IPv4 identification; 0 in IPv6, which has none.
  package var identification: UInt16
  /// Which part of a datagram this is; `nil` if it is all of one.
  package var fragment: IPFragment?
  /// A routing header has yet to bring the packet to another destination than this (RFC 8200 §4.4).
  var isUnderway = false

  /// - Parameters:
  ///   - frame: the captured bytes of one packet; snaplen may have cut it short.
  ///   - offset: where the IP header begins.
  ///   - wireLength: bytes that the whole packet had on the wire, link header included. It stands in
  ///     for the length fields where they are 0: segmentation offload writes packets too large for them.
  /// - Throws: why this is no IP packet that can be read.
  @inline(__always)
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

  @inline(__always)
  private init(v4 frame: Span<UInt8>, at offset: Int, wireLength: Int) throws(SkipReason) {
    guard frame.count - offset >= 20 else { throw .truncatedHeader }
    let fields = frame.extracting(offset..<offset + 20)
    let headerLength = Int(fields[0] & 0x0f) * 4
    guard headerLength >= 20 else { throw .badHeader }
    let field = Int(fields.bigEndian16(at: 2))
    let totalLength = field == 0 ? wireLength - offset : field
    guard totalLength >= headerLength else { throw .badHeader }
    identification = fields.bigEndian16(at: 4)
    let flags = fields.bigEndian16(at: 6)
    // More fragments, or a fragment offset.
    if flags & 0x3fff != 0 {
      fragment = IPFragment(
        identification: UInt32(identification), offset: Int(flags & 0x1fff) * 8, isLast: flags & 0x2000 == 0,
        isIPv6: false)
    }
    `protocol` = IPProtocol(rawValue: fields[9])
    source = IPAddress(v4: fields.bigEndian32(at: 12))
    destination = IPAddress(v4: fields.bigEndian32(at: 16))
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
    `protocol` = IPProtocol(rawValue: frame[offset + 6])
    payloadOffset = offset + 40
    payloadLength = end - payloadOffset
    if `protocol` != .tcp { try skipExtensionHeaders(of: frame) }
    guard payloadLength >= 0 else { throw .badHeader }
  }

  /// Moves over the IPv6 extension headers (RFC 8200 §4) at `payloadOffset`, to what the packet carries or behind
  /// the header of a fragment. Each is at least 8 bytes, so it ends.
  mutating func skipExtensionHeaders(of frame: Span<UInt8>) throws(SkipReason) {
    let end = payloadOffset + payloadLength
    while fragment == nil, Self.isExtensionHeader(`protocol`) {
      guard frame.count - payloadOffset >= 8 else { throw .truncatedHeader }
      let length = Int(frame[payloadOffset + 1])
      let byteCount: Int
      switch `protocol`.rawValue {
      case 44:
        let field = frame.bigEndian16(at: payloadOffset + 2)
        // Offset 0 and nothing to follow: a whole packet (RFC 6946).
        if field & 0xfff9 != 0 {
          fragment = IPFragment(
            identification: frame.bigEndian32(at: payloadOffset + 4), offset: Int(field & 0xfff8),
            isLast: field & 1 == 0, isIPv6: true)
        }
        byteCount = 8
      case 43:
        if frame[payloadOffset + 3] != 0 { isUnderway = true }
        byteCount = (length + 1) * 8
      case 51: byteCount = (length + 2) * 4
      default: byteCount = (length + 1) * 8
      }
      `protocol` = IPProtocol(rawValue: frame[payloadOffset])
      payloadOffset += byteCount
    }
    payloadLength = end - payloadOffset
    guard payloadLength >= 0 else { throw .badHeader }
  }

  private static func isExtensionHeader(_ number: IPProtocol) -> Bool {
    switch number.rawValue {
    case 0, 43, 44, 51, 60, 135, 139, 140: true
    default: false
    }
  }
}
