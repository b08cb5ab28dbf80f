import Capture

/// Captures as bytes of a classic pcap file, Ethernet.
package enum PcapBytes {
  package static func file(
    _ packets: [TestPacket], snaplen: Int = 262_144, linkType: UInt32 = 1, isNanoseconds: Bool = false
  ) -> [UInt8] {
    header(snaplen: snaplen, linkType: linkType, isNanoseconds: isNanoseconds)
      + packets.flatMap { packet in
        let frame = ethernet(packet)
        return record(
          frame, capturedLength: min(frame.count, snaplen), time: packet.segment.packet.time,
          isNanoseconds: isNanoseconds)
      }
  }

  package static func header(
    snaplen: Int = 262_144, linkType: UInt32 = 1, isNanoseconds: Bool = false
  ) -> [UInt8] {
    little32(isNanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4) + [2, 0, 4, 0] + little32(0) + little32(0)
      + little32(UInt32(snaplen)) + little32(linkType)
  }

  package static func record(
    _ frame: [UInt8], capturedLength: Int, time: Timestamp, isNanoseconds: Bool = false
  ) -> [UInt8] {
    let seconds = time.nanoseconds / 1_000_000_000
    let fraction = time.nanoseconds % 1_000_000_000 / (isNanoseconds ? 1 : 1000)
    return little32(UInt32(seconds)) + little32(UInt32(fraction)) + little32(UInt32(capturedLength))
      + little32(UInt32(frame.count)) + frame[..<capturedLength]
  }

  /// An Ethernet frame with IPv4 and TCP headers, without checksums.
  package static func ethernet(_ packet: TestPacket) -> [UInt8] {
    [UInt8](repeating: 0, count: 12) + [0x08, 0x00] + ipv4(packet)
  }

  package static func ipv4(_ packet: TestPacket) -> [UInt8] {
    let segment = packet.segment
    let total = 40 + segment.payloadLength
    let missing = [UInt8](repeating: 0, count: segment.payloadLength - packet.payload.count)
    return [0x45, 0] + big16(UInt16(total)) + [0, 0, 0x40, 0, 64, 6, 0, 0]
      + big32(UInt32(truncatingIfNeeded: segment.source.address.low))
      + big32(UInt32(truncatingIfNeeded: segment.destination.address.low))
      + big16(segment.source.port) + big16(segment.destination.port)
      + big32(segment.sequence.rawValue) + big32(segment.acknowledgment.rawValue)
      + [0x50, segment.flags.rawValue, 0xff, 0xff, 0, 0, 0, 0] + packet.payload + missing
  }

  private static func big16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  private static func big32(_ value: UInt32) -> [UInt8] {
    big16(UInt16(value >> 16)) + big16(UInt16(value & 0xffff))
  }

  private static func little32(_ value: UInt32) -> [UInt8] { big32(value).reversed() }
}
