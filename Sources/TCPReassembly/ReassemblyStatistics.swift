/// What reassembly had to give up or to ignore; every limit that is hit is counted.
package struct ReassemblyStatistics: Hashable, Sendable {
  package var connections: UInt64 = 0
  /// Segments without payload that belong to no known connection.
  package var strays: UInt64 = 0
  /// Gaps that were declared because too much was held behind them.
  package var heldLimitHits: UInt64 = 0
  /// Connections forgotten because the table was full.
  package var tableEvictions: UInt64 = 0
  /// Connections forgotten because they were silent for too long, and had not ended.
  package var idleEvictions: UInt64 = 0
  /// RST segments outside the receiver's window (RFC 9293 §3.10.7.4).
  package var ignoredResets: UInt64 = 0
  /// RST segments after which both sides went on: their receiver had not accepted them.
  package var survivedResets: UInt64 = 0
  /// SYN segments inside a connection that went on, and which nothing confirmed.
  package var ignoredSYNs: UInt64 = 0
  /// Segments that were kept aside, or whose acknowledgment was, until others agreed with them, or none did.
  package var doubtful: UInt64 = 0
  /// Other segments outside the receiver's window, and FINs that were none: nothing confirmed them.
  package var outOfWindow: UInt64 = 0
  /// Segments with other bytes at a place that had been seen: the first ones are taken.
  package var conflictingOverlaps: UInt64 = 0
  /// Probes of a silent connection (RFC 1122 §4.2.3.6).
  package var keepAlives: UInt64 = 0
  /// Segments with an urgent pointer; what it points at stays in the stream.
  package var urgentSegments: UInt64 = 0

  package init(connections: UInt64 = 0) { self.connections = connections }
}
