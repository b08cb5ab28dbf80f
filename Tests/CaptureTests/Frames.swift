import Capture

/// Headers as bytes, for tests that change one field of them.
enum Frames {
  /// 40000 → 80, sequence number 1000, acknowledgment 5000, PSH and ACK, window 0x1234, no
  /// options.
  static let tcp: [UInt8] = [
    0x9c, 0x40, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x13, 0x88, 0x50, 0x18, 0x12, 0x34,
    0x00, 0x00, 0x00, 0x00,
  ]
  static let hello = Array("hello".utf8)
  static let packet = PacketReference(number: 7, time: Timestamp(nanoseconds: 1))

  /// 10.9.1.2 → 10.9.1.1, 64 hops, identification 0xabcd.
  static func ipv4(
    _ payload: [UInt8], totalLength: Int? = nil, fragment: [UInt8] = [0x40, 0], protocol: UInt8 = 6,
    options: [UInt8] = []
  ) -> [UInt8] {
    let total = totalLength ?? 20 + options.count + payload.count
    return [0x45 + UInt8(options.count / 4), 0, UInt8(total >> 8), UInt8(total & 0xff), 0xab, 0xcd] + fragment
      + [64, `protocol`, 0, 0, 10, 9, 1, 2, 10, 9, 1, 1] + options + payload
  }

  /// 2001:db8::2 → 2001:db8::1, 64 hops.
  static func ipv6(_ payload: [UInt8], length: Int? = nil, next: UInt8 = 6) -> [UInt8] {
    let length = length ?? payload.count
    let network: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    return [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 0xff), next, 64] + network + [2] + network + [1]
      + payload
  }

  static func ethernet(_ type: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 0xee, count: 12) + type + payload
  }

  /// One packet of which `frame` was captured.
  static func segment(
    in frame: [UInt8], wireLength: Int? = nil, as linkType: LinkType = .raw
  ) throws(SkipReason) -> TCPSegment {
    try TCPSegment(
      parsing: frame.span, wireLength: wireLength ?? frame.count, as: linkType, packet: packet)
  }
}
