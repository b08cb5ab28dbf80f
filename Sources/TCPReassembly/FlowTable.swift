import Capture
import Streams

/// Connections by their two ends.
struct FlowTable {
  private(set) var flows: [Flow] = []
  /// When the connection in each slot is to be looked at again, at the earliest; what is looked at with every packet is
  /// kept apart from the connections, which are large.
  private(set) var looks: [Timestamp] = []
  private var freeSlots: [Int] = []
  private var index = FlowIndex()

  var count: Int { flows.count - freeSlots.count }

  func slot(of key: FlowKey) -> Int? { index.slot(of: key) { flows[$0].key == key } }

  /// Adds a connection that is not in the table; `make` gets the slot that it will have.
  mutating func insert(_ key: FlowKey, _ make: (Int) -> Flow) -> Int {
    let slot = freeSlots.popLast() ?? flows.count
    let flow = make(slot)
    if slot == flows.count {
      flows.append(flow)
      looks.append(.distantPast)
    } else {
      flows[slot] = flow
      looks[slot] = .distantPast
    }
    index.insert(key, slot: slot) { flows[$0].key }
    return slot
  }

  mutating func remove(slot: Int) {
    index.remove(slot: slot) { flows[$0].key }
    flows[slot].vacate()
    looks[slot] = .distantFuture
    freeSlots.append(slot)
  }

  mutating func look(at slot: Int, from time: Timestamp) { looks[slot] = time }

  /// Changes a connection in place, and counts what it has to give up.
  mutating func withFlow<R>(
    slot: Int, _ statistics: inout ReassemblyStatistics,
    _ body: (inout Flow, inout ReassemblyStatistics) -> R
  ) -> R {
    body(&flows[slot], &statistics)
  }

  /// Takes a segment that is as its connection expects; false if it is not, and nothing has changed.
  @inline(__always)
  mutating func predict(
    _ segment: TCPSegment, in frame: Span<UInt8>, slot: Int, _ sink: inout some StreamSink
  ) -> Bool {
    flows[slot].predict(segment, in: frame, &sink)
  }
}
