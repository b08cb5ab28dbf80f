import Glibc

/// An IPv4 or IPv6 address; IPv4 is kept in its IPv4-mapped form (RFC 4291 §2.5.5.2).
@usableFromInline @frozen package struct IPAddress: Hashable, Comparable, Sendable {
  @usableFromInline package var high: UInt64
  @usableFromInline package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  package init(v4 bits: UInt32) {
    self.init(high: 0, low: 0xffff_0000_0000 | UInt64(bits))
  }

  package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

  /// 127.0.0.0/8 or ::1.
  package var isLoopback: Bool { isIPv4 ? (low >> 24) & 0xff == 127 : high == 0 && low == 1 }

  @inlinable package static func == (a: Self, b: Self) -> Bool { a.high == b.high && a.low == b.low }

  @inlinable package static func < (a: Self, b: Self) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }
}

extension IPAddress {
  /// The address that a text names, as inet_pton(3) reads it.
  package init?(_ text: Span<UInt8>) {
    guard text.count < Int(INET6_ADDRSTRLEN) else { return nil }
    let isIPv6 = text.indices.contains { text[$0] == UInt8(ascii: ":") }
    // With room for the prefix, and the zero that ends it.
    var name = InlineArray<64, CChar>(repeating: 0)
    var length = 0
    for byte in isIPv6 ? "".utf8 : "::ffff:".utf8 {
      name[length] = CChar(truncatingIfNeeded: byte)
      length += 1
    }
    for index in text.indices { name[length + index] = CChar(truncatingIfNeeded: text[index]) }
    var bytes: (UInt64, UInt64) = (0, 0)
    let result = unsafe name.span.withUnsafeBufferPointer { name in
      unsafe withUnsafeMutableBytes(of: &bytes) {
        unsafe inet_pton(AF_INET6, name.baseAddress, $0.baseAddress)
      }
    }
    guard result == 1 else { return nil }
    self.init(high: UInt64(bigEndian: bytes.0), low: UInt64(bigEndian: bytes.1))
  }
}

extension IPAddress: CustomStringConvertible {
  @usableFromInline package var description: String {
    isIPv4 ? AddressText(v4: self).string : ipv6Description
  }

  /// The longest run of two or more zero groups becomes `::` (RFC 5952 §4.2).
  private var ipv6Description: String {
    let groups: [UInt64] = [high, low].flatMap { half in
      [48, 32, 16, 0].map { shift in (half >> UInt64(shift)) & 0xffff }
    }
    var longest = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || groups[index] != 0 {
      if index - start > max(longest.count, 1) { longest = start..<index }
      start = index + 1
    }
    func text(_ range: Range<Int>) -> String {
      range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
    }
    return longest.isEmpty
      ? text(0..<8) : text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
  }
}
