/// Which packet of which capture showed something, so that a person can look it up in Wireshark.
package struct PacketReference: Hashable, Sendable {
  /// Counted from 1 over every packet of the capture, also those that a filter passed over.
  package var number: UInt64
  package var time: Timestamp
  /// The index of the capture among those of one report.
  package var capture: Int32

  package init(number: UInt64, time: Timestamp, capture: Int32 = 0) {
    self.number = number
    self.time = time
    self.capture = capture
  }

  /// In one capture the order of the packets, which is not always that of their times; else by time.
  package func precedes(_ other: PacketReference) -> Bool {
    capture == other.capture ? number < other.number : time < other.time
  }
}
