/// Why a packet of the capture is not part of any TCP stream. Every such packet is counted under one.
package enum SkipReason: Int, Error, CaseIterable, Sendable {
  /// The BPF filter did not match.
  case filtered
  /// Of a link type that cannot be read.
  case linkType
  /// Neither IPv4 nor IPv6: ARP, LLC, ...
  case notIP
  /// IP, but not TCP: UDP, ICMP, ...
  case notTCP
  /// A fragment of an IP packet of which others are missing, or contradict it.
  case fragment
  /// The capture cut the packet (snaplen) before its TCP header ended.
  case truncatedHeader
  /// A header contradicts itself: a length below its minimum or beyond the packet.
  case badHeader
  /// More tunnels around each other than are read.
  case nestedTooDeep
  /// A checksum is wrong, and was asked to be right.
  case badChecksum
}
