/// Which packet of which capture showed something, so that a person can look it up in Wireshark.
@usableFromInline @frozen package struct PacketReference: Hashable, Sendable {
  /// Counted from 1 over every packet of the file, also those that a filter passed over.
  @usableFromInline package var number: UInt64
  @usableFromInline package var time: Timestamp
  /// The index of the capture among those of one report.
  @usableFromInline package var capture: Int32
  /// The index of the file among those of the capture: tcpdump's `-C` and `-G` write several.
  @usableFromInline package var part: UInt16
  /// Which of the file's interfaces captured it, where the file describes several (pcapng); modulo 256, as no more room is
  /// free.
  @usableFromInline package var interface: UInt8

  @inlinable package init(
    number: UInt64, time: Timestamp, capture: Int32 = 0, part: UInt16 = 0, interface: UInt8 = 0
  ) {
    self.number = number
    self.time = time
    self.capture = capture
    self.part = part
    self.interface = interface
  }

  /// Of one interface of a capture the order of the packets, which is not always that of their times: clocks are set. Several
  /// interfaces have their packets in order each, and are put together as they come: then, and else, by time.
  @inlinable package func precedes(_ other: PacketReference) -> Bool {
    guard capture == other.capture else { return time < other.time }
    guard interface == other.interface else { return precedesElsewhere(other) }
    return part == other.part ? number < other.number : part < other.part
  }

  @usableFromInline func precedesElsewhere(_ other: PacketReference) -> Bool {
    time == other.time ? (part, number) < (other.part, other.number) : time < other.time
  }
}
