import Capture
import WSDecode

/// The packets of a session that a long one repeats: from the first message to what comes before the first Close
/// frame or end.
struct Round {
  /// By their indexes.
  private(set) var packets: Range<Int>
  /// Nanoseconds.
  private(set) var duration: Int64
  /// What each direction sends in it, by the direction's number, in the streams.
  private(set) var parts: [Range<Int>] = []
  /// Frames in these, likewise.
  private(set) var frames: [Int] = []

  init(of session: RecordedSession) throws(SampleError) {
    let streams = try session.streams()
    /// The part of its stream that a packet carries.
    func part(_ index: Int) -> Range<Int> {
      let (packet, direction) = session.packets[index]
      let start = streams[direction.number].offset(of: packet.segment.sequence)
      return start..<start + packet.payload.count
    }
    let closes = streams.map { stream in stream.frames.first { $0.header.opcode == .close }?.start ?? .max }
    let begin = session.packets.indices.first {
      !part($0).isEmpty && part($0).lowerBound >= streams[session.packets[$0].direction.number].headEnd
    }
    let end = session.packets.indices.first {
      let (packet, direction) = session.packets[$0]
      return !packet.segment.flags.isDisjoint(with: [.fin, .rst])
        || part($0).upperBound > closes[direction.number]
    }
    guard let begin, let end, begin < end else {
      throw SampleError(sample: session.sample, problem: "no messages before its end")
    }
    packets = begin..<end
    duration = session.time(end) - session.time(begin)
    for (number, stream) in streams.enumerated() {
      let sent = packets.filter { session.packets[$0].direction.number == number && !part($0).isEmpty }
      let start = sent.map { part($0).lowerBound }.min() ?? stream.headEnd
      let range = start..<(sent.map { part($0).upperBound }.max() ?? start)
      parts.append(range)
      frames.append(stream.frames.count { range.contains($0.start) })
    }
  }
}

extension RecordedSession {
  /// When a packet was captured, in nanoseconds.
  func time(_ index: Int) -> Int64 { packets[index].packet.segment.packet.time.nanoseconds }

  /// The same session with each payload of the round several times in its packet, as a program sends that has several
  /// messages at once: positions in the round are as many times as far from its beginning.
  func packed(_ times: Int) throws(SampleError) -> RecordedSession {
    let streams = try streams()
    let round = try Round(of: self)
    func moved(_ sequence: SequenceNumber, _ direction: Direction) -> SequenceNumber {
      let part = round.parts[direction.number]
      let inside = streams[direction.number].offset(of: sequence) - part.lowerBound
      return sequence + UInt32(min(max(inside, 0), part.count) * (times - 1))
    }
    var packed = self
    for index in packets.indices {
      let direction = packets[index].direction
      var packet = packets[index].packet
      if round.packets.contains(index) { packet = packet.repeated(times) }
      packet.segment.sequence = moved(packet.segment.sequence, direction)
      packet.segment.acknowledgment = moved(packet.segment.acknowledgment, direction.opposite)
      packed.packets[index].packet = packet
    }
    return packed
  }
}
