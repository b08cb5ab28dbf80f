import Limits

/// How packets are read.
package struct DecodeOptions: Equatable, Sendable {
  /// Whether the checksums of IPv4 headers and of TCP must be right. A machine that leaves them to its network
  /// card captures what it sends without them, so that wrong ones are normal there.
  package var verifyChecksums = false
  package var limits = Limits()

  package init() {}
}
