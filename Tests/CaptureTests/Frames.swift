@testable import Capture

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

  static func udp(to port: UInt16, _ payload: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? 8 + payload.count
    return [0xc0, 0x01, UInt8(port >> 8), UInt8(port & 0xff), UInt8(length >> 8), UInt8(length & 0xff), 0, 0]
      + payload
  }

  /// An IP packet with the checksums of its header and of TCP filled in.
  static func checked(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    let isIPv4 = packet[0] >> 4 == 4
    let header = isIPv4 ? Int(packet[0] & 15) * 4 : 40
    if isIPv4 { fill(10, sum: sum(packet[..<header]), in: &packet) }
    guard packet[isIPv4 ? 9 : 6] == 6, packet.count >= header + 20 else { return packet }
    let addresses = sum(isIPv4 ? packet[12..<20] : packet[8..<40])
    fill(
      header + 16, sum: addresses + 6 + UInt32(packet.count - header) + sum(packet[header...]), in: &packet)
    return packet
  }

  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.enumerated().reduce(0) { $0 + UInt32($1.element) << ($1.offset % 2 == 0 ? 8 : 0) }
  }

  private static func fill(_ offset: Int, sum: UInt32, in packet: inout [UInt8]) {
    var sum = sum
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    (packet[offset], packet[offset + 1]) = (UInt8(~sum >> 8 & 0xff), UInt8(~sum & 0xff))
  }

  /// One packet of which `frame` was captured.
  static func segment(
    in frame: [UInt8], wireLength: Int? = nil, as linkType: LinkType = .raw
  ) throws(SkipReason) -> TCPSegment {
    var decoding = Decoding()
    decoding.decode(frame, wireLength: wireLength, as: linkType, packet)
    decoding.finish()
    if let reason = decoding.statistics.skipped.first?.reason { throw reason }
    guard let found = decoding.found.first else { throw .fragment }
    return found.segment
  }
}

/// What decoding packets one after the other gives.
struct Decoding {
  struct Found: Equatable {
    var segment: TCPSegment
    var payload: [UInt8]
  }

  private var decoder: PacketDecoder
  private(set) var found: [Found] = []
  private(set) var statistics = CaptureStatistics()

  init(options: DecodeOptions = DecodeOptions()) { decoder = PacketDecoder(options: options) }

  /// Packets a tenth of a millisecond apart, and what they leave behind.
  static func of(
    _ frames: [[UInt8]], as linkType: LinkType = .raw, options: DecodeOptions = DecodeOptions()
  ) -> Decoding {
    var decoding = Decoding(options: options)
    for (index, frame) in frames.enumerated() {
      decoding.decode(frame, as: linkType, at: Double(index) / 10_000)
    }
    decoding.finish()
    return decoding
  }

  /// - Parameter time: seconds.
  mutating func decode(
    _ frame: [UInt8], wireLength: Int? = nil, as linkType: LinkType = .raw, at time: Double
  ) {
    let packet = PacketReference(
      number: statistics.packets + 1, time: Timestamp(nanoseconds: Int64((time * 1e9).rounded())))
    decode(frame, wireLength: wireLength, as: linkType, packet)
  }

  mutating func decode(
    _ frame: [UInt8], wireLength: Int? = nil, as linkType: LinkType, _ packet: PacketReference
  ) {
    statistics.packets += 1
    var found: [Found] = []
    do throws(SkipReason) {
      try decoder.decode(frame.span, wireLength: wireLength ?? frame.count, as: linkType, packet: packet) {
        var payload: [UInt8] = []
        for index in $0.payload { payload.append($1[index]) }
        found.append(Found(segment: $0, payload: payload))
      }
    } catch {
      statistics.countSkipped(error)
    }
    self.found += found
  }

  mutating func finish() { decoder.finish(counting: &statistics) }

  /// Packets that were not used, by reason.
  var skipped: [SkipReason: UInt64] {
    Dictionary(uniqueKeysWithValues: statistics.skipped.map { ($0.reason, $0.count) })
  }
}
