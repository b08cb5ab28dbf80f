import Capture
import Streams

/// Bytes that are missing, and how long they are waited for.
extension HalfStream {
  /// Where the hole behind the delivered bytes ends, if there is one.
  private var holeEnd: UInt64? {
    // Nothing lies behind a FIN.
    if finDelivered { return nil }
    if !waiting.isEmpty, let start = waiting[0].held.start { return start }
    if let fin { return fin.offset }
    if acknowledged > next { return acknowledged }
    return sent > next ? sent : nil
  }

  /// Whether the receiver has all that the hole lacks.
  @inline(__always)
  var isHoleAcknowledged: Bool {
    guard acknowledged > next, let end = holeEnd else { return false }
    return acknowledged >= end
  }

  /// Gives up a hole whose bytes the receiver has had for longer than `patience` seconds.
  mutating func giveUpAcknowledgedHole(
    at packet: PacketReference, patience: Int64, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard isHoleAcknowledged else { return }
    needWaiting()
    guard let since = waiting[0].holeAcknowledgedAt else {
      waiting[0].holeAcknowledgedAt = packet.time
      return
    }
    guard packet.time >= since.advanced(bySeconds: patience) else { return }
    giveUpHole(.notCaptured, at: packet, on: id, &sink)
  }

  /// Declares the first hole a gap, and goes on behind it.
  mutating func giveUpHole(
    _ cause: GapCause, at packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard let end = holeEnd, end > next else { return }
    sink.receive(.gap(side, next..<end, cause, packet), on: id)
    facts.insert(.endsInGap)
    if end - next == 1 { facts.insert(.lacksLastByte) } else { facts.remove(.lacksLastByte) }
    next = end
    if !waiting.isEmpty { waiting[0].holeAcknowledgedAt = nil }
    deliverHeld(on: id, &sink)
    settle(on: id, &sink)
  }

  /// Delivers all that is held, with gaps where bytes are missing.
  mutating func flush(
    at packet: PacketReference, on id: ConnectionID, _ statistics: inout ReassemblyStatistics,
    _ sink: inout some StreamSink
  ) {
    while let end = holeEnd, end > next { giveUpHole(.notCaptured, at: packet, on: id, &sink) }
    if !waiting.isEmpty {
      // What is held behind a FIN nobody has sent.
      statistics.outOfWindow += UInt64(waiting[0].held.count)
      waiting[0].aside.forgetAcknowledgment(&statistics)
    }
    forgetAside(&statistics)
  }
}
