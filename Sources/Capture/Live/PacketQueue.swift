/// Packets that were read together.
struct PacketBatch {
  struct Packet {
    /// Where its captured bytes lie.
    var range: Range<Int>
    var wireLength: Int
    var time: Timestamp
  }
  var bytes: [UInt8] = []
  var packets: [Packet] = []
  /// When they were read: `SteadyTime.now`.
  var arrival: Int64 = 0
  fileprivate var next = 0

  fileprivate var isUsed: Bool { next == packets.count }

  fileprivate mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    packets.removeAll(keepingCapacity: true)
    next = 0
  }
}

/// The packets of one interface, waiting for those of the others.
struct PacketQueue {
  private var batches: [PacketBatch] = []
  private var first = 0
  private var spare: [PacketBatch] = []
  private(set) var byteCount = 0
  private static let maxSpare = 4

  var isEmpty: Bool { first == batches.count }

  /// The time of the first packet, and when it was read.
  var head: (time: Timestamp, arrival: Int64)? {
    guard first < batches.count else { return nil }
    return (batches[first].packets[batches[first].next].time, batches[first].arrival)
  }

  /// A batch to be filled; its room has been used before.
  mutating func takeSpare() -> PacketBatch { spare.popLast() ?? PacketBatch() }

  mutating func append(_ batch: PacketBatch) {
    guard !batch.packets.isEmpty else { return giveBack(batch) }
    byteCount += batch.bytes.count
    batches.append(batch)
  }

  /// Takes out the first packet, if there is one.
  mutating func takeFirst(_ body: (Span<UInt8>, PacketBatch.Packet) -> Void) {
    guard first < batches.count else { return }
    let packet = batches[first].packets[batches[first].next]
    let bytes = batches[first].bytes
    body(bytes.span.extracting(packet.range), packet)
    batches[first].next += 1
    guard batches[first].isUsed else { return }
    byteCount -= batches[first].bytes.count
    var batch = PacketBatch()
    swap(&batch, &batches[first])
    first += 1
    giveBack(batch)
    if isEmpty || first > 64 {
      batches.removeFirst(first)
      first = 0
    }
  }

  private mutating func giveBack(_ batch: PacketBatch) {
    guard spare.count < Self.maxSpare else { return }
    var batch = batch
    batch.clear()
    spare.append(batch)
  }
}
