import Capture
import Limits
import Streams

/// Turns the TCP segments of one capture into the ordered streams of its connections.
package struct Reassembler {
  private let limits: Limits
  private var table = FlowTable()
  private var ended = EndedConnections()
  package private(set) var statistics = ReassemblyStatistics()
  /// What is held in all directions together; the limits are about it.
  package private(set) var heldCost = 0
  /// The slot that is looked at next for connections that are over or silent.
  private var hand = 0

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes the next segment; `frame` is the packet in which `segment.payload` lies.
  package mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, into sink: inout some StreamSink
  ) {
    let key = FlowKey(segment.source, segment.destination, realm: segment.realm)
    let slot = table.slot(of: key)
    if let slot, table.predict(segment, in: frame, slot: slot, &sink) {
      return expireOne(at: segment.packet.time, &sink)
    }
    switch place(of: segment, key, slot, &sink) {
    case .connection(let slot):
      take(segment, in: frame, slot, &sink)
      shed(slot, &sink)
    case .tentative(let slot): propose(segment, in: frame, slot, &sink)
    case .ended: break
    case .none: statistics.strays += 1
    }
    expireOne(at: segment.packet.time, &sink)
  }

  /// Ends all connections: the capture holds no more.
  package mutating func finish(into sink: inout some StreamSink) {
    for slot in table.flows.indices where !table.flows[slot].isVacant {
      close(slot, .captureEnded, &sink)
    }
  }

  /// TCP connections in memory.
  package var openConnections: Int { table.count }

  /// Those of them that no FINs and no RST have ended.
  package var unendedConnections: Int { table.flows.count { !$0.isVacant && !$0.isOver } }

  /// Takes what the capture tells besides packets: time ends what is over or silent, also while no packet comes.
  package mutating func receive(_ notice: CaptureNotice, into sink: inout some StreamSink) {
    switch notice {
    case .time(let packets, _):
      for _ in 0..<min(table.flows.count, Self.maxLooks) {
        expireOne(at: packets, &sink, isClockTrusted: false)
      }
    case .ended(let realm):
      for slot in table.flows.indices
      where !table.flows[slot].isVacant && table.flows[slot].key.realm == realm {
        close(slot, .captureEnded, &sink)
      }
    case .dropped, .outage, .pause: break
    }
    sink.receive(notice)
  }

  /// Connections that are looked at in one moment.
  private static let maxLooks = 1 << 16

  private mutating func take(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ slot: Int, _ sink: inout some StreamSink
  ) {
    let before = table.flows[slot].heldCost
    table.withFlow(slot: slot, &statistics) {
      $0.receive(segment, in: frame, patience: limits.reorderPatience, &$1, &sink)
    }
    heldCost += table.flows[slot].heldCost - before
    // It may have brought the connection's end.
    table.look(at: slot, from: .distantPast)
  }

  // MARK: Connections

  private enum Place {
    case connection(Int)
    /// Beside the connection of that slot, until something confirms it.
    case tentative(Int)
    /// It is late: its connection has been told to its end.
    case ended
    case none
  }

  /// Where a segment belongs; one that opens a connection gets a slot for it.
  ///
  /// - Parameter slot: that of the connection between its ends, if there is one.
  private mutating func place(
    of segment: TCPSegment, _ key: FlowKey, _ slot: Int?, _ sink: inout some StreamSink
  ) -> Place {
    let isSYN = segment.flags.contains(.syn) && !segment.flags.contains(.rst)
    if let slot {
      if table.flows[slot].hasTentativeOpening,
        let opening = table.flows[slot].opening(confirmedBy: segment)
      {
        return .connection(replace(slot, key, by: opening, &sink))
      }
      guard isSYN else { return .connection(slot) }
      switch table.flows[slot].opening(by: segment) {
      case .same: return .connection(slot)
      case .tentative: return .tentative(slot)
      case .another:
        if ended.isLate(segment, key) { return .ended }
        if let since = table.flows[slot].overSince { remember(slot, since: since, at: segment.packet.time) }
        close(slot, .reused, &sink)
      }
    }
    if ended.isLate(segment, key) { return .ended }
    guard isSYN || segment.payloadLength > 0, !segment.flags.contains(.rst) else { return .none }
    return .connection(open(key, segment, &sink))
  }

  private mutating func propose(
    _ segment: TCPSegment, in frame: Span<UInt8>, _ slot: Int, _ sink: inout some StreamSink
  ) {
    let before = table.flows[slot].heldCost
    table.withFlow(slot: slot, &statistics) { $0.propose(TentativeOpening(segment, in: frame), &$1) }
    heldCost += table.flows[slot].heldCost - before
    shed(slot, &sink)
  }

  /// Begins the connection that was tentative; returns its slot.
  private mutating func replace(
    _ slot: Int, _ key: FlowKey, by opening: TentativeOpening, _ sink: inout some StreamSink
  ) -> Int {
    heldCost -= opening.cost
    table.withFlow(slot: slot, &statistics) { flow, _ in flow.forgetOpening() }
    close(slot, .reused, &sink)
    // Where it is none with a SYN it was counted as outside of a window.
    if !opening.isSYN, statistics.outOfWindow > 0 { statistics.outOfWindow -= 1 }
    let slot = open(key, opening.segment, &sink)
    take(opening.segment, in: opening.bytes.span, slot, &sink)
    return slot
  }

  private mutating func open(
    _ key: FlowKey, _ segment: TCPSegment, _ sink: inout some StreamSink
  ) -> Int {
    if table.count >= limits.maxConnections { closeLongestSilent(&sink) }
    statistics.connections += 1
    let serial = statistics.connections
    let clientEnd = Self.clientEnd(of: segment)
    let packet = segment.packet
    let slot = table.insert(key) { slot in
      Flow(
        key: key, id: ConnectionID(slot: slot, serial: serial), clientEnd: clientEnd, packet: packet)
    }
    let connection = Connection(
      id: table.flows[slot].id, client: clientEnd,
      server: clientEnd == segment.source ? segment.destination : segment.source,
      sawStart: segment.flags.contains(.syn), openedAt: packet, interface: segment.interface,
      realm: segment.realm)
    sink.receive(.opened(connection), on: connection.id)
    return slot
  }

  private static func clientEnd(of segment: TCPSegment) -> Endpoint {
    if segment.flags.contains(.syn) {
      return segment.flags.contains(.ack) ? segment.destination : segment.source
    }
    return segment.source.port >= segment.destination.port ? segment.source : segment.destination
  }

  private mutating func close(
    _ slot: Int, _ reason: CloseReason, _ sink: inout some StreamSink
  ) {
    heldCost -= table.flows[slot].heldCost
    let isOver = table.flows[slot].isOver && reason != .reused
    table.withFlow(slot: slot, &statistics) { $0.close(isOver ? .ended : reason, &$1, &sink) }
    table.remove(slot: slot)
  }

  // MARK: Limits

  private mutating func shed(_ slot: Int, _ sink: inout some StreamSink) {
    while true {
      let before = table.flows[slot].heldCost
      let mustShed = heldCost > limits.maxTotalHeldBytes && before > 0
      let hasShed = table.withFlow(slot: slot, &statistics) {
        $0.shed(limits, mustShed: mustShed, &$1, &sink)
      }
      guard hasShed else { return }
      heldCost += table.flows[slot].heldCost - before
      statistics.heldLimitHits += 1
    }
  }

  /// Looks at one connection for each packet, in turn: the whole table is seen in as many packets as it
  /// has connections, at a constant cost.
  ///
  /// - Parameter isClockTrusted: whether times never go back by more than packets out of order do; else what is over is
  ///   not kept when the clock was set back.
  private mutating func expireOne(
    at time: Timestamp, _ sink: inout some StreamSink, isClockTrusted: Bool = true
  ) {
    hand = hand + 1 < table.looks.count ? hand + 1 : 0
    guard hand < table.looks.count, time >= table.looks[hand] || !isClockTrusted, !table.flows[hand].isVacant
    else { return }
    let last = table.flows[hand].last.time
    if let since = table.flows[hand].overSince {
      expireEnded(since: since, at: time, &sink, isClockTrusted: isClockTrusted)
    } else if time >= last.advanced(bySeconds: limits.idleTimeout) {
      if !table.flows[hand].isOver { statistics.idleEvictions += 1 }
      close(hand, .idle, &sink)
    } else {
      if table.flows[hand].hasEndedSilently(at: time) { return close(hand, .ended, &sink) }
      let restTime = max(Self.restTime, limits.reorderPatience)
      let isSilent = time >= last.advanced(bySeconds: restTime)
      if isSilent { rest(hand, &sink) }
      let mayEnd = table.flows[hand].hasFIN
      let next = (isSilent || mayEnd ? time : last).advanced(bySeconds: mayEnd ? 1 : restTime)
      let isOver = table.flows[hand].overSince != nil
      let idle = last.advanced(bySeconds: limits.idleTimeout)
      table.look(at: hand, from: isOver ? .distantPast : min(next, idle))
    }
  }

  /// Closes the connection at the hand when nothing more is to be expected of it.
  private mutating func expireEnded(
    since: Timestamp, at time: Timestamp, _ sink: inout some StreamSink, isClockTrusted: Bool
  ) {
    let end = since.advanced(bySeconds: limits.lingerTime)
    let isSettled = table.flows[hand].isSettled
    let due = isSettled ? min(end, since.advanced(byMilliseconds: limits.finLingerTime)) : end
    table.look(at: hand, from: due)
    if time >= due {
      if time < end { remember(hand, since: since, at: time) }
      close(hand, .ended, &sink)
    } else if !isClockTrusted, time.advanced(bySeconds: Self.restTime) < since {
      close(hand, .ended, &sink)
    }
  }

  /// Of a connection that has ended late packets may come.
  private mutating func remember(_ slot: Int, since: Timestamp, at time: Timestamp) {
    let entry = EndedConnections.Entry(table.flows[slot], since: since, linger: limits.lingerTime)
    if ended.add(entry, now: time, limit: limits.maxConnections) { statistics.tableEvictions += 1 }
  }

  private mutating func rest(_ slot: Int, _ sink: inout some StreamSink) {
    let before = table.flows[slot].heldCost
    table.withFlow(slot: slot, &statistics) { flow, _ in flow.rest(&sink) }
    heldCost += table.flows[slot].heldCost - before
  }

  /// Seconds of silence after which a connection keeps no more than it must, and waits for no more than it must.
  private static let restTime: Int64 = 10

  /// The longest silent among the next few, so that a full table stays cheap.
  private mutating func closeLongestSilent(_ sink: inout some StreamSink) {
    var oldest = hand
    for step in 1...64 {
      let slot = (hand + step) % table.flows.count
      if table.flows[slot].last.time < table.flows[oldest].last.time { oldest = slot }
    }
    statistics.tableEvictions += 1
    close(oldest, .tableFull, &sink)
  }
}
