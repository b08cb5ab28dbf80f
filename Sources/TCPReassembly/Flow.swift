import Capture
import Limits
import Streams

/// The state of one TCP connection.
struct Flow {
  /// What few connections need.
  private struct Doubts {
    var opening: TentativeOpening?
    /// At most one of each side, in the order in which they were sent.
    var resets: [PendingReset] = []
  }

  let key: FlowKey
  private(set) var isVacant = false
  private let isClientLow: Bool
  let id: ConnectionID
  private(set) var last: PacketReference
  /// When FINs or a RST had ended the connection.
  private(set) var overSince: Timestamp?
  private(set) var client = HalfStream(side: .client)
  private(set) var server = HalfStream(side: .server)
  /// Of each direction; apart from the streams, so that these stay small.
  private var recent = (client: RecentSegments(), server: RecentSegments())
  /// Empty, or one.
  private var doubts: [Doubts] = []
  /// Whether any packet was carried in something else.
  private(set) var isEncapsulated = false

  init(key: FlowKey, id: ConnectionID, clientEnd: Endpoint, packet: PacketReference) {
    self.key = key
    self.id = id
    isClientLow = clientEnd == key.low
    last = packet
  }

  /// Its slot is free; keeps no memory.
  mutating func vacate() {
    isVacant = true
    client.waiting = []
    server.waiting = []
    doubts = []
  }

  var clientEnd: Endpoint { isClientLow ? key.low : key.high }
  /// Whether it has ended, be it that a RST which may be forged is all that tells.
  @inline(__always)
  var isOver: Bool { overSince != nil || !doubts.isEmpty && !doubts[0].resets.isEmpty }
  /// Whether it has ended in such a way that nothing which is still to come changes anything: both FINs are acknowledged,
  /// and nothing waits or is in doubt.
  var isSettled: Bool {
    client.isFinished && server.isFinished && !isDoubtful && client.hasNothingWaiting
      && server.hasNothingWaiting
  }

  /// Whether it is in doubt that it has ended, or that it goes on.
  var isDoubtful: Bool { !doubts.isEmpty }
  /// Inlined, as a call copies the connection.
  @inline(__always)
  var heldCost: Int { client.cost + server.cost + openingCost }
  @inline(__always)
  private var openingCost: Int { doubts.isEmpty ? 0 : doubts[0].opening?.cost ?? 0 }

  func sender(of segment: TCPSegment) -> Side {
    segment.source == clientEnd ? .client : .server
  }

  // MARK: Packets

  /// Takes a segment that is as expected.
  ///
  /// - Returns: false if it is not, and nothing has changed.
  @inline(__always)
  mutating func predict(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ sink: inout some StreamSink
  ) -> Bool {
    guard doubts.isEmpty, overSince == nil, segment.encapsulation == nil || isEncapsulated else {
      return false
    }
    let isExpected =
      sender(of: segment) == .client
      ? HeaderPrediction.take(segment, in: frame, from: &client, &recent.client, to: &server, id, &sink)
      : HeaderPrediction.take(segment, in: frame, from: &server, &recent.server, to: &client, id, &sink)
    if isExpected { last = segment.packet }
    return isExpected
  }

  /// - Parameter patience: seconds, `Limits.reorderPatience`.
  mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, patience: Int64,
    _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    last = segment.packet
    if let encapsulation = segment.encapsulation, !isEncapsulated {
      isEncapsulated = true
      sink.receive(.encapsulated(encapsulation), on: id)
    }
    if segment.urgentPointer > 0, segment.flags.contains(.urg) { statistics.urgentSegments += 1 }
    take(segment, in: frame, isBelieved: false, patience, &statistics, &sink)
    if client.hasAside || server.hasAside { takeBelieved(patience, &statistics, &sink) }
    noteEnd(at: segment.packet.time)
    client.giveUpAcknowledgedHole(at: segment.packet, patience: patience, on: id, &sink)
    server.giveUpAcknowledgedHole(at: segment.packet, patience: patience, on: id, &sink)
  }

  /// - Parameter isBelieved: whether it has been set aside and others agreed.
  private mutating func take(
    _ segment: TCPSegment, in frame: Span<UInt8>, isBelieved: Bool, _ patience: Int64,
    _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    let side = sender(of: segment)
    let fate =
      side == .client
      ? Exchange.take(
        segment, in: frame, isBelieved: isBelieved, from: &client, &recent.client, to: &server, id,
        &statistics, &sink)
      : Exchange.take(
        segment, in: frame, isBelieved: isBelieved, from: &server, &recent.server, to: &client, id,
        &statistics, &sink)
    switch fate {
    case .taken:
      if !doubts.isEmpty { refuteResets(by: segment, of: side, patience, &statistics) }
    case .reset(let offset): note(resetAt: offset, segment, side)
    case .ignored:
      if segment.payloadLength > 0, !segment.flags.contains(.rst), mayStandElsewhere(side) {
        propose(TentativeOpening(segment, in: frame), &statistics)
      }
    }
  }

  /// Takes what was set aside and others agree with now.
  private mutating func takeBelieved(
    _ patience: Int64, _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    while let piece = client.takeBelieved(&statistics) ?? server.takeBelieved(&statistics) {
      forgetOpening()
      take(piece.segment, in: piece.bytes.span, isBelieved: true, patience, &statistics, &sink)
    }
    client.acknowledgeAside(on: id, &sink)
    server.acknowledgeAside(on: id, &sink)
  }

  /// Gives back what a silent connection does not need, and waits no longer for bytes that their receiver has: no more
  /// packets may come to tell that time has passed.
  mutating func rest(_ sink: inout some StreamSink) {
    client.rest(at: last, on: id, &sink)
    server.rest(at: last, on: id, &sink)
    recent.client.forget()
    recent.server.forget()
    noteEnd(at: last.time)
  }

  private mutating func noteEnd(at time: Timestamp) {
    if overSince == nil, client.isFinished && server.isFinished { overSince = time }
  }

  // MARK: Another connection

  enum Opening {
    case same
    /// The connection is over, and another begins.
    case another
    /// Another begins, if something confirms it.
    case tentative
  }

  @inline(__always)
  var hasTentativeOpening: Bool { !doubts.isEmpty && doubts[0].opening != nil }

  /// What a SYN between the same ends is.
  func opening(by segment: TCPSegment) -> Opening {
    let isClient = sender(of: segment) == .client
    let (stream, other) = isClient ? (client, server) : (server, client)
    if stream.begins(at: segment.sequence + 1) { return .same }
    if overSince != nil { return .another }
    if stream.hasBegun { return .tentative }
    if segment.flags.contains(.ack) {
      let isAnswer = !other.hasBegun || other.isAnswered(by: segment.acknowledgment)
      return isAnswer && stream.standing(of: segment) == .acceptable ? .same : .tentative
    }
    // Both sides opened it (RFC 9293 §3.5).
    return other.isStartKnown && other.acknowledged == 0 ? .same : .tentative
  }

  mutating func propose(_ opening: TentativeOpening, _ statistics: inout ReassemblyStatistics) {
    if doubts.isEmpty { doubts.append(Doubts()) }
    if let before = doubts[0].opening {
      if before.isRepeated(by: opening.segment) { return }
      before.count(in: &statistics)
    }
    doubts[0].opening = opening
  }

  /// The opening that a segment confirms: another connection has begun.
  func opening(confirmedBy segment: TCPSegment) -> TentativeOpening? {
    guard !doubts.isEmpty, let opening = doubts[0].opening,
      opening.isConfirmed(by: segment, fits: fits(segment))
    else { return nil }
    return opening
  }

  mutating func forgetOpening() {
    if !doubts.isEmpty { doubts[0].opening = nil }
  }

  private func fits(_ segment: TCPSegment) -> Bool {
    let (stream, other) = sender(of: segment) == .client ? (client, server) : (server, client)
    guard stream.standing(of: segment) == .acceptable else { return false }
    return !segment.flags.contains(.ack)
      || other.standing(ofAcknowledgment: segment.acknowledgment) == .acceptable
  }

  /// Whether a stream may have been picked up at the wrong place: nothing has agreed with its first segment, and the
  /// handshake was not captured.
  private func mayStandElsewhere(_ side: Side) -> Bool {
    let facts = side == .client ? client.facts : server.facts
    return facts.contains(.begun) && !facts.contains(.confirmed)
      && !(client.facts.contains(.synCaptured) && server.facts.contains(.synCaptured))
  }

  // MARK: Reset

  private mutating func note(resetAt offset: UInt64, _ segment: TCPSegment, _ side: Side) {
    let reset =
      side == .client
      ? PendingReset(segment, at: offset, from: client, to: server)
      : PendingReset(segment, at: offset, from: server, to: client)
    if doubts.isEmpty { doubts.append(Doubts()) }
    if let index = doubts[0].resets.firstIndex(where: { $0.side == side }) {
      // The first, but rather one that is sure.
      guard reset.isExact, !doubts[0].resets[index].isExact else { return }
      doubts[0].resets.remove(at: index)
    }
    doubts[0].resets.append(reset)
    if reset.isExact, overSince == nil { overSince = segment.packet.time }
  }

  private mutating func refuteResets(
    by segment: TCPSegment, of side: Side, _ patience: Int64, _ statistics: inout ReassemblyStatistics
  ) {
    let count = doubts[0].resets.count
    guard count > 0 else { return }
    for index in doubts[0].resets.indices.reversed() {
      let isClients = doubts[0].resets[index].side == .client
      let (sender, receiver) = isClients ? (client, server) : (server, client)
      if doubts[0].resets[index].isRefuted(by: segment, of: side, sender, receiver, patience: patience) {
        doubts[0].resets.remove(at: index)
      }
    }
    statistics.survivedResets += UInt64(count - doubts[0].resets.count)
    if doubts[0].resets.count < count, !doubts[0].resets.contains(where: \.isExact) { overSince = nil }
  }

  private mutating func tellResets(_ sink: inout some StreamSink) {
    guard !doubts.isEmpty else { return }
    for reset in doubts[0].resets {
      if reset.side == .client {
        Exchange.tell(reset, from: &client, to: &server, id, &sink)
      } else {
        Exchange.tell(reset, from: &server, to: &client, id, &sink)
      }
    }
  }

  // MARK: Limits and the end

  /// Gives up the first hole of a side that holds more than allowed, or if `mustShed` of the side that
  /// holds more.
  ///
  /// - Returns: false if there was no need.
  mutating func shed(
    _ limits: Limits, mustShed: Bool, _ statistics: inout ReassemblyStatistics,
    _ sink: inout some StreamSink
  ) -> Bool {
    if let limit = client.heldLimit(limits) ?? server.heldLimit(limits) {
      if client.heldLimit(limits) != nil {
        client.giveUpHole(.limit(limit), at: last, on: id, &sink)
      } else {
        server.giveUpHole(.limit(limit), at: last, on: id, &sink)
      }
      return true
    }
    guard mustShed else { return false }
    if forgetDoubtful(&statistics) { return true }
    if client.cost >= server.cost {
      client.giveUpHole(.limit(.maxTotalHeldBytes), at: last, on: id, &sink)
    } else {
      server.giveUpHole(.limit(.maxTotalHeldBytes), at: last, on: id, &sink)
    }
    return true
  }

  /// - Returns: whether that gave room.
  private mutating func forgetDoubtful(_ statistics: inout ReassemblyStatistics) -> Bool {
    let before = heldCost
    client.forgetAside(&statistics)
    server.forgetAside(&statistics)
    if hasTentativeOpening, heldCost > client.cost + server.cost {
      doubts[0].opening?.count(in: &statistics)
      doubts[0].opening = nil
    }
    return heldCost < before
  }

  mutating func close(
    _ reason: CloseReason, _ statistics: inout ReassemblyStatistics, _ sink: inout some StreamSink
  ) {
    if !doubts.isEmpty { doubts[0].opening?.count(in: &statistics) }
    tellResets(&sink)
    client.flush(at: last, on: id, &statistics, &sink)
    server.flush(at: last, on: id, &statistics, &sink)
    sink.receive(.closed(reason), on: id)
  }
}
