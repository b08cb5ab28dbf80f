import Capture
import Streams

/// Turns the TCP segments of one capture into the ordered streams of its connections.
package struct Reassembler {
  private let options: ReassemblyOptions
  private var table = FlowTable()
  package private(set) var statistics = ReassemblyStatistics()
  private var heldCost = 0
  /// The slot that is looked at next for connections that are over or silent.
  private var hand = 0

  package init(options: ReassemblyOptions = ReassemblyOptions()) { self.options = options }

  /// Takes the next segment; `frame` is the packet in which `segment.payload` lies.
  package mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, into sink: inout some StreamSink
  ) {
    guard let slot = slot(for: segment, &sink) else {
      statistics.strays += 1
      return
    }
    let before = table.flows[slot].heldCost
    let accepted = table.withFlow(slot: slot) {
      $0.receive(segment, in: frame, patience: options.reorderPatience, &sink)
    }
    if !accepted { statistics.ignoredResets += 1 }
    heldCost += table.flows[slot].heldCost - before
    shed(slot, &sink)
    expireOne(at: segment.packet.time, &sink)
  }

  /// Ends all connections: the capture holds no more.
  package mutating func finish(into sink: inout some StreamSink) {
    for slot in table.flows.indices where !table.flows[slot].isVacant {
      close(slot, table.flows[slot].isOver ? .ended : .captureEnded, &sink)
    }
  }

  // MARK: Connections

  /// The slot of the segment's connection, a new one if the segment opens it; `nil` if it belongs to none.
  private mutating func slot(
    for segment: TCPSegment, _ sink: inout some StreamSink
  ) -> Int? {
    let key = FlowKey(segment.source, segment.destination)
    if let slot = table.slot(of: key) {
      guard table.flows[slot].isReused(by: segment) else { return slot }
      close(slot, .reused, &sink)
    }
    guard segment.flags.contains(.syn) || segment.payloadLength > 0, !segment.flags.contains(.rst)
    else { return nil }
    return open(key, segment, &sink)
  }

  private mutating func open(
    _ key: FlowKey, _ segment: TCPSegment, _ sink: inout some StreamSink
  ) -> Int {
    if table.count >= options.maxConnections { closeLongestSilent(&sink) }
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
      sawStart: segment.flags.contains(.syn), openedAt: packet, interface: segment.interface)
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
    table.withFlow(slot: slot) { $0.close(reason, &sink) }
    table.remove(slot: slot)
  }

  // MARK: Limits

  private mutating func shed(_ slot: Int, _ sink: inout some StreamSink) {
    while true {
      let before = table.flows[slot].heldCost
      let mustShed = heldCost > options.maxTotalHeldBytes && before > 0
      let hasShed = table.withFlow(slot: slot) { $0.shed(options, mustShed: mustShed, &sink) }
      guard hasShed else { return }
      heldCost += table.flows[slot].heldCost - before
      statistics.heldLimitHits += 1
    }
  }

  /// Looks at one connection for each packet, in turn: the whole table is seen in as many packets as it
  /// has connections, at a constant cost.
  private mutating func expireOne(at time: Timestamp, _ sink: inout some StreamSink) {
    hand = hand + 1 < table.flows.count ? hand + 1 : 0
    guard !table.flows[hand].isVacant else { return }
    if let since = table.flows[hand].overSince {
      if time >= since.advanced(bySeconds: options.lingerTime) { close(hand, .ended, &sink) }
    } else if time >= table.flows[hand].last.time.advanced(bySeconds: options.idleTimeout) {
      close(hand, .idle, &sink)
    }
  }

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
