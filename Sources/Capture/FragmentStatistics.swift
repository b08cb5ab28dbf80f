/// What became of the fragments of a capture's IP packets.
package struct FragmentStatistics: Equatable, Sendable {
  /// Packets put together.
  package var datagrams: UInt64 = 0
  /// Fragments that hold bytes which another one holds, too, and are not its copy.
  package var overlaps: UInt64 = 0
  /// Packets given up because there were too many of them, or too many bytes or pieces.
  package var limitHits: UInt64 = 0

  package init() {}
}
