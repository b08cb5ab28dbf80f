/// The packets of several interfaces, in the order of their times.
extension LiveCapture {
  /// Hands on the packets that have waited long enough, the earliest first.
  mutating func release(_ now: Int64, _ sink: inout some SegmentSink) {
    while let index = nextInTime(now) {
      // What follows of the same interface is earlier than all others for a while, mostly.
      let limit = others(than: index)
      repeat {
        guard let head = taps[index].queue.head, mayGo(head.arrival, now) else { break }
        var queue = PacketQueue()
        swap(&queue, &taps[index].queue)
        queue.takeFirst { frame, packet in
          take(frame, packet.wireLength, packet.time, index, head.arrival, &sink)
        }
        swap(&queue, &taps[index].queue)
      } while taps[index].queue.head.map { $0.time <= limit } ?? false
    }
  }

  /// The interface with the earliest packet, if that may go; or one with a packet that has waited much longer than it
  /// needs: the clock was set back, and what came since is earlier by it.
  private func nextInTime(_ now: Int64) -> Int? {
    var earliest: (index: Int, time: Timestamp, arrival: Int64)?
    for index in taps.indices {
      guard let head = taps[index].queue.head else { continue }
      if now != .max, now - head.arrival > Self.maxHold { return index }
      if earliest.map({ head.time < $0.time }) ?? true { earliest = (index, head.time, head.arrival) }
    }
    guard let earliest, mayGo(earliest.arrival, now) else { return nil }
    return earliest.index
  }

  private func mayGo(_ arrival: Int64, _ now: Int64) -> Bool {
    now == .max || now - arrival >= Self.hold || heldBytes > Self.maxHeldBytes
  }

  private var heldBytes: Int { taps.reduce(0) { $0 + $1.queue.byteCount } }

  /// The time of the earliest packet of any other interface.
  private func others(than index: Int) -> Timestamp {
    var earliest = Timestamp.distantFuture
    for other in taps.indices where other != index {
      if let time = taps[other].queue.head?.time, time < earliest { earliest = time }
    }
    return earliest
  }
}
