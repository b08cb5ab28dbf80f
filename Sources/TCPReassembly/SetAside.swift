import Capture

/// Segments of one direction that lie outside of the receiver's window. Most are none of the connection's: forged, or
/// strays. Where the capture has lost much they are real, and then others agree: an acknowledgment at their place, the
/// segment that follows, or a run of them that chance does not make.
struct SetAside {
  struct Piece {
    var segment: TCPSegment
    var bytes: [UInt8]
    var isBelieved = false

    /// The number behind its last byte.
    var end: SequenceNumber { segment.sequence + UInt32(truncatingIfNeeded: segment.payloadLength) }
    var cost: Int { bytes.count + MemoryLayout<Piece>.stride + 32 }

    func count(in statistics: inout ReassemblyStatistics) {
      if segment.flags.contains(.rst) { statistics.ignoredResets += 1 } else { statistics.outOfWindow += 1 }
    }

    /// Whether an acknowledgment is one of this piece.
    func touches(_ number: SequenceNumber) -> Bool {
      let length = segment.payloadLength + (segment.flags.contains(.fin) ? 1 : 0)
      return (0...Int64(length)).contains(Int64(number.distance(from: segment.sequence)))
    }
  }

  private var pieces: [Piece] = []
  /// An acknowledgment of bytes beyond the window, and how many have come that agree.
  private(set) var acknowledgment: (number: SequenceNumber, packet: PacketReference, count: Int)?
  private(set) var cost = 0
  private static let maxPieces = 8
  /// So many in a row are no chance, and more than a forger needs.
  private static let convincing = 4

  var isEmpty: Bool { pieces.isEmpty && acknowledgment == nil }

  /// Keeps a segment, in the place of the oldest if there are too many.
  mutating func add(_ segment: TCPSegment, in frame: Span<UInt8>, _ statistics: inout ReassemblyStatistics) {
    statistics.doubtful += 1
    if pieces.count == Self.maxPieces {
      cost -= pieces[0].cost
      pieces.removeFirst().count(in: &statistics)
    }
    let bytes = [UInt8](frame, segment.payload)
    pieces.append(Piece(segment: segment, bytes: bytes))
    pieces[pieces.count - 1].segment.payload = 0..<bytes.count
    cost += pieces[pieces.count - 1].cost
    if let acknowledgment, pieces[pieces.count - 1].touches(acknowledgment.number) {
      believe(upTo: pieces.count - 1)
    } else {
      believeRun()
    }
  }

  /// An acknowledgment of bytes that nobody was seen to send.
  mutating func compare(_ number: SequenceNumber) {
    if let index = pieces.lastIndex(where: { $0.touches(number) }) { believe(upTo: index) }
  }

  /// A segment that was accepted and begins at `sequence`.
  mutating func compare(following sequence: SequenceNumber) {
    if let index = pieces.lastIndex(where: { $0.segment.payloadLength > 0 && $0.end == sequence }) {
      believe(upTo: index)
    }
  }

  /// Keeps an acknowledgment beyond the window.
  ///
  /// - Returns: whether it is to be believed.
  mutating func add(
    acknowledgment number: SequenceNumber, _ packet: PacketReference, _ statistics: inout ReassemblyStatistics
  ) -> Bool {
    statistics.doubtful += 1
    compare(number)
    if let acknowledgment, number.distance(from: acknowledgment.number) < 0 {
      forgetAcknowledgment(&statistics)
    }
    let count = 1 + (acknowledgment?.count ?? 0)
    let isBelieved = count >= Self.convincing || pieces.contains(where: \.isBelieved)
    acknowledgment = isBelieved ? nil : (number, packet, count)
    return isBelieved
  }

  /// Takes out the acknowledgment; returns its packet.
  mutating func takeAcknowledgment() -> PacketReference? {
    defer { acknowledgment = nil }
    return acknowledgment?.packet
  }

  mutating func forgetAcknowledgment(_ statistics: inout ReassemblyStatistics) {
    statistics.outOfWindow += UInt64(acknowledgment?.count ?? 0)
    acknowledgment = nil
  }

  /// Takes out the first segment that is believed.
  mutating func takeBelieved() -> Piece? {
    guard let index = pieces.firstIndex(where: \.isBelieved) else { return nil }
    let piece = pieces.remove(at: index)
    cost -= piece.cost
    return piece
  }

  /// Forgets segments that nothing agreed with: those whose place the stream has reached by itself, or all.
  mutating func forget(_ statistics: inout ReassemblyStatistics, where isPassed: (TCPSegment) -> Bool) {
    pieces.removeAll { piece in
      guard !piece.isBelieved, isPassed(piece.segment) else { return false }
      piece.count(in: &statistics)
      cost -= piece.cost
      return true
    }
  }

  /// What stands before a piece that is believed was sent before it.
  private mutating func believe(upTo index: Int) {
    let end = pieces[index].segment.sequence
    for other in pieces.indices where pieces[other].segment.sequence.distance(from: end) <= 0 {
      pieces[other].isBelieved = true
    }
  }

  private mutating func believeRun() {
    var index = pieces.count - 1
    var length = 1
    while index > 0, pieces[index].segment.payloadLength > 0,
      pieces[index - 1].end == pieces[index].segment.sequence
    {
      length += 1
      index -= 1
    }
    if length >= Self.convincing { believe(upTo: pieces.count - 1) }
  }
}
