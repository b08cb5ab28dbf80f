import Capture
import Streams

/// One segment of a connection, and the two streams that it speaks of: its sender's and its receiver's.
enum Exchange {
  enum Fate {
    case taken
    /// Outside of what its receiver would accept, or set aside until it is known.
    case ignored
    /// A RST that its receiver may accept, and where it lies.
    case reset(UInt64)
  }

  /// The order of the checks is that of RFC 9293 §3.10.7.4: sequence number, RST, acknowledgment, payload.
  static func take(
    _ segment: TCPSegment, in frame: Span<UInt8>, isBelieved: Bool, from sender: inout HalfStream,
    _ recent: inout RecentSegments, to receiver: inout HalfStream, _ id: ConnectionID,
    _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) -> Fate {
    let isReset = segment.flags.contains(.rst)
    let isSYN = segment.flags.contains(.syn) && !isReset
    if isSYN {
      sender.begin(at: segment.sequence + 1, on: id, &sink)
      sender.facts.insert(.synCaptured)
      sender.scale = segment.windowScale
    } else if !isBelieved {
      let standing = sender.standing(of: segment)
      guard standing == .acceptable else {
        return ignore(segment, in: frame, standing, from: &sender, &statistics)
      }
    }
    if isReset { return reset(segment, from: sender, to: receiver, &statistics) }
    let hasACK = segment.flags.contains(.ack)
    // What acknowledges before it says anything acknowledges a SYN.
    let isFirst = sender.isStartKnown && (isSYN || sender.begins(at: segment.sequence))
    if isFirst, hasACK { receiver.begin(at: segment.acknowledgment, on: id, &sink) }
    var standing = hasACK ? receiver.standing(ofAcknowledgment: segment.acknowledgment) : .acceptable
    if standing != .acceptable, !isSYN, !isBelieved {
      // Bytes in order show that its sender is real; others do not (RFC 5961 §5).
      if segment.payloadLength > 0, sender.lacksBytes(before: segment) {
        return ignore(segment, in: frame, standing, from: &sender, &statistics)
      }
      if standing == .impossible { statistics.outOfWindow += 1 }
      if standing == .doubtful, receiver.setAside(segment.acknowledgment, segment.packet, &statistics) {
        standing = .acceptable
      }
    }
    if sender.hasAside { sender.compareAside(following: segment) }
    // The payload of a RST is a message for people (RFC 9293 §3.10.7.4), not part of the stream.
    sender.receive(
      segment, in: frame, isStartExpected: receiver.isStartKnown, &recent, on: id, &statistics, &sink)
    if hasACK, standing == .acceptable {
      acknowledge(segment, sender.scale, to: &receiver, id, &statistics, &sink)
    }
    return .taken
  }

  private static func acknowledge(
    _ segment: TCPSegment, _ scale: WindowScale, to receiver: inout HalfStream, _ id: ConnectionID,
    _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    guard receiver.hasBegun else {
      let window = window(of: segment, scale, receiver.scale).bytes
      receiver.needWaiting()
      let first = receiver.waiting[0].early?.first ?? segment.acknowledgment
      receiver.waiting[0].early = (first, segment.acknowledgment, window, segment.packet)
      receiver.waiting[0].aside.compare(segment.acknowledgment)
      return receiver.noteWindow(isOpen: segment.window > 0, segment.packet, on: id, &sink)
    }
    if receiver.hasAside { receiver.compareAside(acknowledgment: segment.acknowledgment, &statistics) }
    takeAcknowledgment(of: segment, scale, to: &receiver, id, &sink)
    receiver.noteWindow(isOpen: segment.window > 0, segment.packet, on: id, &sink)
  }

  /// Takes a segment's acknowledgment of a stream that has begun, and the window with it.
  @inline(__always)
  static func takeAcknowledgment(
    of segment: TCPSegment, _ scale: WindowScale, to receiver: inout HalfStream, _ id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    receiver.acknowledge(segment.acknowledgment, segment.packet, on: id, &sink)
    let window = window(of: segment, scale, receiver.scale)
    receiver.advertise(window.bytes, isGuess: window.isGuess, from: segment.acknowledgment)
  }

  /// Windows are scaled if both SYNs say so (RFC 7323 §2.2), that of a SYN never. It is the largest that it may be where
  /// that was not captured.
  @inline(__always)
  private static func window(
    of segment: TCPSegment, _ own: WindowScale, _ other: WindowScale
  ) -> (bytes: UInt64, isGuess: Bool) {
    let shift: UInt8
    switch (own, other) {
    case _ where segment.flags.contains(.syn): shift = 0
    case (.absent, _), (_, .absent): shift = 0
    case (.shift(let own), _): shift = own
    case (.unknown, _): return (UInt64(segment.window) << UInt64(WindowScale.largestShift), true)
    }
    return (UInt64(segment.window) << UInt64(shift), false)
  }

  private static func ignore(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ standing: HalfStream.Standing,
    from sender: inout HalfStream,
    _ statistics: inout ReassemblyStatistics
  ) -> Fate {
    let matters = segment.payloadLength > 0 || !segment.flags.isDisjoint(with: [.fin, .rst])
    if standing == .doubtful, matters {
      sender.setAside(segment, in: frame, &statistics)
    } else if segment.flags.contains(.rst) {
      statistics.ignoredResets += 1
    } else {
      statistics.outOfWindow += 1
    }
    return .ignored
  }

  private static func reset(
    _ segment: TCPSegment, from sender: HalfStream, to receiver: HalfStream,
    _ statistics: inout ReassemblyStatistics
  ) -> Fate {
    guard sender.hasBegun else {
      // What answers a SYN acknowledges it (RFC 9293 §3.10.7.3).
      let isAnswer = segment.flags.contains(.ack) && receiver.isAnswered(by: segment.acknowledgment)
      if isAnswer || !receiver.isStartKnown { return .reset(0) }
      statistics.ignoredResets += 1
      return .ignored
    }
    let offset = sender.offset(of: segment.sequence)
    guard offset >= 0 else {
      statistics.ignoredResets += 1
      return .ignored
    }
    return .reset(UInt64(offset))
  }

  /// Tells of a RST that nothing has refuted.
  static func tell(
    _ reset: PendingReset, from sender: inout HalfStream, to receiver: inout HalfStream, _ id: ConnectionID,
    _ sink: inout some StreamSink
  ) {
    if sender.hasBegun, !sender.finDelivered { sender.sent = max(sender.sent, reset.offset) }
    let segment = reset.segment
    sink.receive(.ended(sender.side, .rst, at: reset.offset, segment.packet), on: id)
    guard segment.flags.contains(.ack), receiver.hasBegun,
      receiver.standing(ofAcknowledgment: segment.acknowledgment) == .acceptable
    else { return }
    receiver.acknowledge(segment.acknowledgment, segment.packet, on: id, &sink)
  }
}
