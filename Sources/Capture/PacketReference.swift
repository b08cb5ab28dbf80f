/// Which packet of a capture showed something, so that a person can look it up in Wireshark.
package struct PacketReference: Hashable, Sendable {
  /// Counted from 1 over every packet of the capture, also those that a filter passed over.
  package var number: UInt64
  package var time: Timestamp

  package init(number: UInt64, time: Timestamp) {
    self.number = number
    self.time = time
  }

  /// The order in which the capture holds the packets, which is not always that of their times.
  package func precedes(_ other: PacketReference) -> Bool { number < other.number }
}
