/// The ones' complement sum of 16-bit words (RFC 1071): over what its checksum covers, the checksum included,
/// it is all ones.
struct InternetChecksum {
  private var sum: UInt64 = 0

  mutating func add(_ value: UInt64) {
    sum += (value >> 48) + (value >> 32 & 0xffff) + (value >> 16 & 0xffff) + (value & 0xffff)
  }

  /// - Parameter range: must lie in `bytes`; an odd last byte is filled up with 0.
  mutating func add(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    var offset = range.lowerBound
    while offset + 1 < range.upperBound {
      sum += UInt64(bytes.bigEndian16(at: offset))
      offset += 2
    }
    if offset < range.upperBound { sum += UInt64(bytes[offset]) << 8 }
  }

  var isRight: Bool {
    var folded = sum
    while folded > 0xffff { folded = (folded >> 16) + (folded & 0xffff) }
    return folded == 0xffff
  }
}

extension IPHeader {
  /// Whether the checksum of the header at `offset` is right; true as well where it cannot be told: IPv6 has none,
  /// and the capture may have cut it.
  func isChecksumRight(in frame: Span<UInt8>, at offset: Int) -> Bool {
    guard frame[offset] >> 4 == 4, frame.count >= payloadOffset else { return true }
    var checksum = InternetChecksum()
    checksum.add(frame, offset..<payloadOffset)
    return checksum.isRight
  }

  /// Whether TCP's checksum (RFC 9293 §3.1, RFC 8200 §8.1) is right; true as well where it cannot be told: the capture
  /// has cut the segment, or the checksum is over another destination.
  func isTCPChecksumRight(in frame: Span<UInt8>) -> Bool {
    guard frame.count >= payloadOffset + payloadLength, !isUnderway else { return true }
    var checksum = InternetChecksum()
    // What marks an IPv4 address here, 0xffff, counts for nothing in such a sum.
    for address in [source, destination] {
      checksum.add(address.high)
      checksum.add(address.low)
    }
    checksum.add(UInt64(payloadLength))
    checksum.add(UInt64(IPProtocol.tcp.rawValue))
    checksum.add(frame, payloadOffset..<payloadOffset + payloadLength)
    return checksum.isRight
  }
}
