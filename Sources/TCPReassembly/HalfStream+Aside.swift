import Capture
import Limits
import Streams

/// What was set aside of this stream.
extension HalfStream {
  var hasAside: Bool { !waiting.isEmpty && !waiting[0].aside.isEmpty }

  mutating func setAside(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ statistics: inout ReassemblyStatistics
  ) {
    needWaiting()
    waiting[0].aside.add(segment, in: frame, &statistics)
  }

  /// Sets an acknowledgment of these bytes aside.
  ///
  /// - Returns: whether it is to be believed.
  mutating func setAside(
    _ number: SequenceNumber, _ packet: PacketReference, _ statistics: inout ReassemblyStatistics
  ) -> Bool {
    needWaiting()
    return waiting[0].aside.add(acknowledgment: number, packet, &statistics)
  }

  /// Looks whether a segment of the sender's agrees with what was set aside; what it has passed by then is none of
  /// the stream's.
  mutating func compareAside(following segment: TCPSegment) {
    guard segment.payloadLength > 0 || segment.flags.contains(.fin) else { return }
    waiting[0].aside.compare(following: segment.sequence)
  }

  /// The same of an acknowledgment of the peer's.
  mutating func compareAside(
    acknowledgment number: SequenceNumber, _ statistics: inout ReassemblyStatistics
  ) {
    if offset(of: number) > Int64(clamping: max(next, sent)) { waiting[0].aside.compare(number) }
    // The peer acknowledges less: what it had acknowledged beyond was none of its acknowledgments.
    waiting[0].aside.forgetAcknowledgment(&statistics)
  }

  /// Takes out what is believed.
  mutating func takeBelieved(_ statistics: inout ReassemblyStatistics) -> SetAside.Piece? {
    guard hasAside else { return nil }
    if let piece = waiting[0].aside.takeBelieved() { return piece }
    guard hasBegun else { return nil }
    let known = max(next, sent)
    let anchor = base + UInt32(truncatingIfNeeded: known)
    waiting[0].aside.forget(&statistics) { $0.sequence.distance(from: anchor) < 0 }
    return nil
  }

  /// Takes an acknowledgment that was set aside, if the bytes that it speaks of have come.
  mutating func acknowledgeAside(on id: ConnectionID, _ sink: inout some StreamSink) {
    guard hasAside, hasBegun else { return }
    let known = Int64(clamping: max(next, sent)) + 1
    guard let number = waiting[0].aside.acknowledgment?.number, offset(of: number) <= known,
      let packet = waiting[0].aside.takeAcknowledgment()
    else { return }
    acknowledge(number, packet, on: id, &sink)
  }

  mutating func forgetAside(_ statistics: inout ReassemblyStatistics) {
    if !waiting.isEmpty { waiting[0].aside.forget(&statistics) { _ in true } }
  }

  /// The limit that what is held exceeds.
  @inline(__always)
  func heldLimit(_ limits: Limits) -> StreamLimit? {
    guard !waiting.isEmpty else { return nil }
    if waiting[0].held.cost > limits.maxHeldBytes { return .maxHeldBytes }
    return waiting[0].held.count > limits.maxHeldSegments ? .maxHeldSegments : nil
  }
}
