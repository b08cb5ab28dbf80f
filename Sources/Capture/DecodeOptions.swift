/// How packets are read, and the limits of what reading them may take; memory is bounded by these and not by
/// the capture.
package struct DecodeOptions: Equatable, Sendable {
  /// Whether the checksums of IPv4 headers and of TCP must be right. A machine that leaves them to its network
  /// card captures what it sends without them, so that wrong ones are normal there.
  package var verifyChecksums = false
  /// Encapsulations around one segment: tunnels, label stacks, PPPoE.
  package var maxEncapsulations = 8
  /// Datagrams of which some fragments are there.
  package var maxFragmentedDatagrams = 1024
  /// Bytes of all fragments that wait for others, with what it takes to keep them.
  package var maxFragmentBytes = 16 << 20
  /// Pieces of one datagram. Of a path's smallest MTU, 576 bytes, the largest datagram makes 119.
  package var maxFragmentsPerDatagram = 256
  /// Seconds of capture time after which the missing fragments are not waited for any longer; what Linux takes
  /// (RFC 791 §3.2 advises 15, RFC 8200 §4.5 has 60).
  package var fragmentTimeout: Int64 = 30

  package init() {}
}
