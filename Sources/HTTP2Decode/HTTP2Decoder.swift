import Capture
import Streams

/// Takes HTTP/2 connections apart: each stream that may carry a WebSocket is handed on as a connection of its
/// own, with offsets of its own. Everything else passes as it is.
///
///     undecided ──(client's preface, or the server's SETTINGS)──────────▶ HTTP/2
///      │     └──(anything else)──▶ passing ◀──(nothing looks like frames)──┐  ▲
///      └──(the beginning was not captured)──▶ picking up ──────────────────┴──┘
package struct HTTP2Decoder<Sink: StreamSink>: StreamSink {
  private var output: HTTP2Output<Sink>
  /// By slot of the connection.
  private var slots: [DecoderSlot] = []
  /// What came of undecided connections, where it has to wait.
  private var held: [Int: HeldStreams] = [:]
  private var pickups: [Int: Pickup] = [:]
  private var connections: [Int: HTTP2Connection] = [:]

  package init(into sink: Sink) { output = HTTP2Output(sink) }

  package var sink: Sink {
    get { output.sink }
    _modify { yield &output.sink }
  }

  package mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard slot < slots.count else { return }
    switch slots[slot].stage {
    case .passing: pass(bytes, chunk)
    case .http2: connections[slot]?.receive(bytes, chunk, &output)
    case .undecided: decide(bytes, chunk)
    case .pickingUp: pickUp(bytes, chunk)
    case .vacant: break
    }
  }

  package mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    if case .opened(let connection) = event { return open(connection, event) }
    let slot = connection.slot
    guard slot < slots.count, slots[slot].stage != .vacant else { return }
    switch slots[slot].stage {
    case .undecided: note(event, slot)
    case .pickingUp:
      slots[slot].carrier.note(event)
      skip(event, slot)
    case .http2: connections[slot]?.receive(event, &output)
    case .passing, .vacant: pass(event, slot)
    }
    if case .closed = event { close(slot) }
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    let slot = connection.slot
    guard slot < slots.count, slots[slot].stage == .passing else {
      return receive(.acknowledged(side, upTo: upTo, packet), on: connection)
    }
    output.sink.acknowledge(side, upTo: upTo, packet, on: slots[slot].output)
  }

  package mutating func receive(_ notice: CaptureNotice) { output.sink.receive(notice) }

  // MARK: Passing

  private mutating func pass(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    var chunk = chunk
    chunk.connection = slots[chunk.connection.slot].output
    output.sink.receive(bytes, chunk)
  }

  private mutating func pass(_ event: StreamEvent, _ slot: Int) {
    if case .closed(let reason) = event { return output.close(slots[slot].output, reason) }
    output.sink.receive(event, on: slots[slot].output)
  }

  private mutating func pass(_ items: HeldStreams?, _ slot: Int) {
    guard var items else { return }
    while let item = items.popFirst() {
      switch item {
      case .bytes(let bytes, _, let chunk): pass(bytes.span, chunk)
      case .event(let event): pass(event, slot)
      }
    }
  }

  // MARK: Connections

  private mutating func open(_ connection: Connection, _ event: StreamEvent) {
    let slot = connection.id.slot
    let id = output.nextID()
    while slots.count <= slot {
      slots.append(DecoderSlot(stage: .vacant, carrier: Carrier(connection), output: id))
    }
    slots[slot].begin(Carrier(connection), as: id)
    // As nearly always where there is no HTTP/2: the event needs no copy.
    guard id != connection.id else { return output.sink.receive(event, on: id) }
    var connection = connection
    connection.id = id
    output.sink.receive(.opened(connection), on: id)
  }

  private mutating func close(_ slot: Int) {
    switch slots[slot].stage {
    case .undecided: held[slot] = nil
    case .pickingUp: pickups[slot] = nil
    case .http2: connections[slot] = nil
    case .passing, .vacant: break
    }
    slots[slot].stage = .vacant
  }

  /// What waits of an undecided connection, and does not any longer.
  private mutating func takeHeld(_ slot: Int) -> HeldStreams? {
    held.isEmpty ? nil : held.removeValue(forKey: slot)
  }

  /// What the sink was told of is over without a byte: the streams that it carries come in its place.
  private mutating func becomeHTTP2(_ slot: Int, _ connection: HTTP2Connection, _ items: HeldStreams?) {
    output.close(slots[slot].output, .ended)
    slots[slot].stage = .http2
    connections[slot] = connection
    guard var items else { return }
    while let item = items.popFirst() {
      switch item {
      case .bytes(let bytes, _, let chunk): connections[slot]?.receive(bytes.span, chunk, &output)
      case .event(let event): connections[slot]?.receive(event, &output)
      }
    }
  }

  // MARK: The beginning

  private mutating func decide(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard slots[slot].carrier.connection.sawStart else {
      slots[slot].stage = .pickingUp
      pickups[slot] = Pickup()
      return pickUp(bytes, chunk)
    }
    switch slots[slot].preface.take(bytes, of: chunk.side) {
    case .unknown: held[slot, default: HeldStreams()].hold(bytes, chunk)
    case .other:
      slots[slot].stage = .passing
      pass(takeHeld(slot), slot)
      pass(bytes, chunk)
    case .http2:
      becomeHTTP2(slot, HTTP2Connection(slots[slot].carrier), takeHeld(slot))
      connections[slot]?.receive(bytes, chunk, &output)
    }
  }

  private mutating func note(_ event: StreamEvent, _ slot: Int) {
    slots[slot].carrier.note(event)
    switch event {
    case .gap:
      // Whatever it begins with is missing.
      slots[slot].stage = .pickingUp
      pickups[slot] = Pickup()
      pass(takeHeld(slot), slot)
      skip(event, slot)
    case .closed:
      pass(takeHeld(slot), slot)
      pass(event, slot)
    default:
      guard !held.isEmpty, held[slot] != nil else { return pass(event, slot) }
      held[slot]?.hold(event)
      if held[slot]?.isFull == true {
        slots[slot].stage = .passing
        pass(takeHeld(slot), slot)
      }
    }
  }

  // MARK: Pickup

  private mutating func pickUp(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    if chunk.offset == 0, Preface.begins(bytes) {
      let connection = HTTP2Connection(slots[slot].carrier, isFlipped: chunk.side == .server)
      becomeHTTP2(slot, connection, pickups.removeValue(forKey: slot)?.held)
      connections[slot]?.receive(bytes, chunk, &output)
      return
    }
    switch pickups[slot]?.receive(bytes, chunk) {
    case .wait: pickups[slot]?.held.hold(bytes, chunk)
    case .http2:
      let connection = HTTP2Connection(slots[slot].carrier, isPickedUp: true)
      becomeHTTP2(slot, connection, pickups.removeValue(forKey: slot)?.held)
      connections[slot]?.receive(bytes, chunk, &output)
    case let verdict:
      letGo(verdict, slot)
      pass(bytes, chunk)
    }
  }

  private mutating func skip(_ event: StreamEvent, _ slot: Int) {
    var verdict = pickups[slot]?.held.isEmpty == false ? Pickup.Verdict.wait : .unknown
    if case .gap(let side, let range, _, _) = event {
      verdict = pickups[slot]?.skip(side, range.upperBound - range.lowerBound) ?? .unknown
    }
    if case .closed = event { verdict = .unknown }
    if verdict == .wait {
      pickups[slot]?.held.hold(event)
    } else {
      letGo(verdict, slot)
      pass(event, slot)
    }
  }

  /// Passes what waited for a verdict.
  private mutating func letGo(_ verdict: Pickup.Verdict?, _ slot: Int) {
    let items = pickups[slot]?.held
    pickups[slot]?.held = HeldStreams()
    pass(items, slot)
    if verdict == .other {
      slots[slot].stage = .passing
      pickups[slot] = nil
    }
  }
}
