/// The limits of reassembly; memory is bounded by them and not by the capture.
package struct ReassemblyOptions: Hashable, Sendable {
  /// Out-of-order bytes kept per direction before the bytes missing in front of them are given up.
  package var maxHeldBytes = 4 << 20
  /// Out-of-order segments kept per direction.
  package var maxHeldSegments = 4096
  /// Out-of-order bytes kept in all directions together.
  package var maxTotalHeldBytes = 256 << 20
  /// Seconds of capture time that a missing piece may still arrive after its receiver acknowledged it:
  /// captures hold packets out of order.
  package var reorderPatience: Int64 = 1
  /// Seconds of silence after which a connection is forgotten.
  package var idleTimeout: Int64 = 3600
  /// Seconds that an ended connection is kept, for packets that come late.
  package var lingerTime: Int64 = 2
  /// Connections kept at once; beyond it the next one takes the place of the longest silent.
  package var maxConnections = 1 << 20
  package init() {}
}
