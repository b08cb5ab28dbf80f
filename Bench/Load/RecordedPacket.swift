import Capture
import Streams

/// A packet of a recording (IPv4, TCP), and where in its bytes stands what clones have otherwise.
///
/// It was recorded with `tcpdump -i any`, as Linux cooked v2, and becomes an Ethernet frame, which every program that is
/// measured can read.
struct RecordedPacket {
  /// From the Ethernet header on.
  var bytes: [UInt8]
  var segment: TCPSegment
  /// Where the TCP header begins.
  var tcp: Int

  /// Where the IPv4 header begins.
  static let ip = 14
  /// Where it began when it was recorded: behind the header of LINUX_SLL2.
  private static let recordedIP = 20
  /// Where that header has the sender's address.
  private static let recordedSender = 12..<18

  /// - Returns: `nil` if the packet is of another kind, or cut.
  init?(_ segment: TCPSegment, in frame: Span<UInt8>) {
    let end = segment.payload.upperBound
    guard segment.source.address.isIPv4, segment.encapsulation == nil,
      segment.payload.lowerBound >= Self.recordedIP + 40, end <= frame.count,
      segment.payload.count == segment.payloadLength
    else { return nil }
    bytes = [UInt8](repeating: 0, count: 6) + [UInt8](frame, Self.recordedSender) + [0x08, 0x00]
    bytes += [UInt8](frame, Self.recordedIP..<end)
    tcp = Self.ip + Int(bytes[Self.ip] & 0x0f) * 4
    self.segment = segment
    let moved = Self.recordedIP - Self.ip
    self.segment.payload = segment.payload.lowerBound - moved..<end - moved
  }

  var payload: ArraySlice<UInt8> { bytes[segment.payload] }

  /// Where the TCP options of a kind have their values (RFC 9293 §3.1).
  func option(_ kind: UInt8) -> Range<Int>? {
    var index = tcp + 20
    while index + 1 < segment.payload.lowerBound, bytes[index] != 0 {
      let length = bytes[index] == 1 ? 1 : max(Int(bytes[index + 1]), 2)
      guard index + length <= segment.payload.lowerBound else { return nil }
      if bytes[index] == kind { return index + 2..<index + length }
      index += length
    }
    return nil
  }

  /// The TCP options that hold something of the connection.
  static let timestamps: UInt8 = 8
  static let selectiveAcknowledgment: UInt8 = 5

  /// The same packet with its payload several times.
  func repeated(_ times: Int) -> RecordedPacket {
    guard times > 1, !payload.isEmpty else { return self }
    var copy = self
    for _ in 1..<times { copy.bytes += payload }
    copy.segment.payloadLength *= times
    copy.segment.payload = segment.payload.lowerBound..<copy.bytes.count
    copy.bytes.setBigEndian16(UInt16(clamping: copy.bytes.count - Self.ip), at: Self.ip + 2)
    return copy
  }
}
