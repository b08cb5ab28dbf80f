import Capture
import Streams

/// Takes the header of the PROXY protocol from the streams that begin with one, so that what they carry is known for what it
/// is, and tells it. Offsets stay those of TCP. All else passes unchanged.
///
///     undecided ──(header)──────────▶ passing
///         └──(anything else, a gap)──────▲
package struct PROXYDecoder<Sink: StreamSink>: StreamSink {
  package var sink: Sink
  /// By slot: whether the client's first bytes are still to come, or do not tell yet.
  private var isUndecided: [Bool] = []
  /// What came since the client's first bytes, where these are the beginning of a header and no more.
  private var held: [Int: Held] = [:]

  package init(into sink: Sink) { self.sink = sink }

  package mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard slot < isUndecided.count, isUndecided[slot] else { return sink.receive(bytes, chunk) }
    decide(bytes, chunk)
  }

  package mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    let slot = connection.slot
    if case .opened(let opened) = event {
      while isUndecided.count <= slot { isUndecided.append(false) }
      isUndecided[slot] = opened.sawStart
      return sink.receive(event, on: connection)
    }
    guard slot < isUndecided.count, isUndecided[slot] else { return sink.receive(event, on: connection) }
    switch event {
    case .gap(.client, _, _, _), .ended(.client, _, _, _), .closed:
      giveUp(connection)
    default:
      if held[connection.slot]?.parked.park(event) != nil { return giveUpIfFull(connection) }
    }
    sink.receive(event, on: connection)
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    if !held.isEmpty, held[connection.slot] != nil {
      return receive(.acknowledged(side, upTo: upTo, packet), on: connection)
    }
    sink.acknowledge(side, upTo: upTo, packet, on: connection)
  }

  package mutating func receive(_ notice: CaptureNotice) { sink.receive(notice) }

  // MARK: The beginning

  private mutating func decide(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard chunk.side == .client else {
      guard held[slot]?.parked.park(bytes, from: 0, chunk) != nil else { return sink.receive(bytes, chunk) }
      return giveUpIfFull(chunk.connection)
    }
    switch beginning(bytes, slot) {
    case .header(let header, let count):
      isUndecided[slot] = false
      let end = UInt64(count)
      sink.receive(.proxied(header, upTo: end, chunk.packet), on: chunk.connection)
      release(chunk.connection, from: end)
      pass(bytes, chunk, from: end)
    case .incomplete:
      held[slot, default: Held()].add(bytes, chunk)
      giveUpIfFull(chunk.connection)
    case .other:
      giveUp(chunk.connection)
      sink.receive(bytes, chunk)
    }
  }

  /// What the client's first bytes are, up to the end of these.
  private func beginning(_ bytes: Span<UInt8>, _ slot: Int) -> PROXYHeader.Beginning {
    guard held[slot] != nil else { return PROXYHeader.beginning(of: bytes) }
    var first = held[slot]?.first ?? []
    first.append(bytes, 0..<bytes.count)
    return PROXYHeader.beginning(of: first.span)
  }

  private mutating func giveUpIfFull(_ connection: ConnectionID) {
    if held[connection.slot]?.parked.isFull == true { giveUp(connection) }
  }

  /// It is no header, or one that cannot be read: all passes as it is.
  private mutating func giveUp(_ connection: ConnectionID) {
    isUndecided[connection.slot] = false
    release(connection, from: 0)
  }

  /// - Parameter begin: where what the client's stream carries begins.
  private mutating func release(_ connection: ConnectionID, from begin: UInt64) {
    guard !held.isEmpty, var waiting = held.removeValue(forKey: connection.slot)?.parked else { return }
    for item in waiting.release() { pass(item, from: begin, connection) }
  }

  private mutating func pass(_ item: ParkedStream.Item, from begin: UInt64, _ connection: ConnectionID) {
    switch item {
    case .bytes(let bytes, let chunk): pass(bytes.span, chunk, from: begin)
    case .event(let event): sink.receive(event, on: connection)
    }
  }

  private mutating func pass(_ bytes: Span<UInt8>, _ chunk: StreamChunk, from begin: UInt64) {
    guard chunk.side == .client, chunk.offset < begin else { return sink.receive(bytes, chunk) }
    let header = min(bytes.count, Int(begin - chunk.offset))
    guard header < bytes.count else { return }
    var rest = chunk
    rest.offset = begin
    sink.receive(bytes.extracting(header..<bytes.count), rest)
  }
}

/// What waits for the rest of a header.
private struct Held {
  /// The client's first bytes.
  var first: [UInt8] = []
  /// All that came, in its order.
  var parked = ParkedStream()

  mutating func add(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    first.append(bytes, 0..<bytes.count)
    parked.park(bytes, from: 0, chunk)
  }
}
