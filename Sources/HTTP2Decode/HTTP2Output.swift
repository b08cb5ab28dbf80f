import Streams

/// Where connections and carried streams go, and what numbers them: slots are dense, serials never used twice.
struct HTTP2Output<Sink: StreamSink> {
  /// The first field: so that to reach it costs no look at the type, as the others do.
  var sink: Sink
  private var free: [Int] = []
  private var slots = 0
  private var serial: UInt64 = 0

  init(_ sink: Sink) { self.sink = sink }

  mutating func nextID() -> ConnectionID {
    serial += 1
    if let slot = free.popLast() { return ConnectionID(slot: slot, serial: serial) }
    slots += 1
    return ConnectionID(slot: slots - 1, serial: serial)
  }

  mutating func close(_ id: ConnectionID, _ reason: CloseReason) {
    sink.receive(.closed(reason), on: id)
    free.append(id.slot)
  }
}
