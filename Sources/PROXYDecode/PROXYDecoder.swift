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
      if isHolding(slot) {
        held[slot]?.parked.park(event)
        return giveUpIfFull(connection)
      }
    }
    sink.receive(event, on: connection)
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    if isHolding(connection.slot) {
      return receive(.acknowledged(side, upTo: upTo, packet), on: connection)
    }
    sink.acknowledge(side, upTo: upTo, packet, on: connection)
  }

  package mutating func receive(_ notice: CaptureNotice) { sink.receive(notice) }

  // MARK: The beginning

  private mutating func decide(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard chunk.side == .client else {
      guard isHolding(slot) else { return sink.receive(bytes, chunk) }
      held[slot]?.parked.park(bytes, from: 0, chunk)
      return giveUpIfFull(chunk.connection)
    }
    if isHolding(slot) { held[slot]?.first.append(bytes, 0..<bytes.count) }
    let beginning =
      if let first = held[slot]?.first {
        PROXYHeader.beginning(of: first.span)
      } else {
        PROXYHeader.beginning(of: bytes)
      }
    switch beginning {
    case .header(let header, let count):
      isUndecided[slot] = false
      let end = UInt64(count)
      sink.receive(.proxied(header, upTo: end, chunk.packet), on: chunk.connection)
      release(chunk.connection, from: end)
      pass(bytes, chunk, from: end)
    case .incomplete:
      if !isHolding(slot) { held[slot] = Held(first: [UInt8](bytes, 0..<bytes.count)) }
      held[slot]?.parked.park(bytes, from: 0, chunk)
      giveUpIfFull(chunk.connection)
    case .other:
      giveUp(chunk.connection)
      sink.receive(bytes, chunk)
    }
  }

  /// Whether something of the connection waits; of hardly any it does, and to change nothing would cost memory all the same.
  private func isHolding(_ slot: Int) -> Bool { !held.isEmpty && held[slot] != nil }

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
  /// The client's first bytes, those that do not wait yet among them.
  var first: [UInt8]
  /// All that came, in its order.
  var parked = ParkedStream()
}
