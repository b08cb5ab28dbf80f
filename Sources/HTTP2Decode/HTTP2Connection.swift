import Capture
import Streams

/// One HTTP/2 connection: its frames, and the streams among them that may carry a WebSocket.
///
/// The two directions may be ahead of each other. What the server says of a stream whose request has not
/// come yet waits for it, and so does all that the server sent behind it.
struct HTTP2Connection {
  var carrier: Carrier
  /// The side that was taken for the server sent the client's preface.
  private let isFlipped: Bool
  /// What came first was not captured: who is the client is a guess.
  let isPickedUp: Bool
  var directions: Sides<Direction>
  var flow: Sides<FlowControl>
  /// Whether TCP's window for what that side sends is closed.
  var isCarrierBlocked = Sides(client: false, server: false)
  var streams: [UInt32: CarriedStream] = [:]
  private var positions = Sides(
    client: CarriedPositions(limit: maxPositions), server: CarriedPositions(limit: maxPositions))
  /// Requests take rising numbers (RFC 9113 §5.1.1).
  var highestRequest: UInt32 = 0
  /// Of the requests with higher numbers some may be missing; `nil` while all are known.
  var requestsKnownUpTo: UInt32?
  /// The server's frames on streams up to this one need not wait for a request.
  private var blindUpTo: UInt32 = 0
  var over = RecentIDs(limit: maxOver)
  var closed = RecentIDs(limit: maxOver)
  var closedIDs: Set<UInt32> = []
  /// Streams that the peer aborted, by the side of which frames may still be under way.
  var aborted: Sides<[(id: UInt32, packet: PacketReference)]> = Sides(client: [], server: [])
  private var held = HeldStreams()
  /// The server's frame that waits, its header read.
  private var heldFrame: (header: FrameHeader, packet: PacketReference)?
  /// Bytes that came, less what was done for all streams at once: a few bytes must not cause much work.
  private var credit = 1 << 12
  /// When each direction was lost last.
  var lossPackets: Sides<PacketReference?> = Sides(client: nil, server: nil)
  private static let maxPositions = 1 << 14
  /// Streams that are over, and whose last acknowledgments are waited for.
  private static let maxOver = 4096
  static let maxAborted = 4096

  init(_ carrier: Carrier, isFlipped: Bool = false, isPickedUp: Bool = false) {
    self.carrier = isFlipped ? carrier.flipped : carrier
    self.isFlipped = isFlipped
    self.isPickedUp = isPickedUp
    directions = Sides(
      client: Direction(.client, isLost: isPickedUp), server: Direction(.server, isLost: isPickedUp))
    flow = Sides(client: FlowControl(isKnown: !isPickedUp), server: FlowControl(isKnown: !isPickedUp))
    if isPickedUp { requestsKnownUpTo = 0 }
  }

  // MARK: Input

  mutating func receive(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout HTTP2Output<some StreamSink>
  ) {
    var chunk = chunk
    if isFlipped { chunk.side = chunk.side.opposite }
    credit += bytes.count
    if directions[chunk.side].isLost {
      let streams = streams
      let found = directions[chunk.side].search(bytes, chunk) { streams[$0] != nil }
      for piece in found ?? [] { feedOrHold(piece.bytes.span, piece.chunk, &output) }
    } else {
      feedOrHold(bytes, chunk, &output)
    }
    release(&output)
  }

  mutating func receive(_ event: StreamEvent, _ output: inout HTTP2Output<some StreamSink>) {
    let event = isFlipped ? event.flipped : event
    if case .closed = event {
      blindUpTo = .max
      release(&output)
    }
    if heldFrame != nil, event.side == .server {
      held.hold(event)
      stopFullHolding()
    } else {
      accept(event, &output)
    }
    release(&output)
  }

  private mutating func accept(_ event: StreamEvent, _ output: inout HTTP2Output<some StreamSink>) {
    switch event {
    case .began: carrier.note(event)
    case .encapsulated, .secured:
      carrier.note(event)
      tellStreams(event, &output)
    case .alert: tellStreams(event, &output)
    case .gap(let side, let range, let cause, let packet): skip(side, range, cause, packet, &output)
    case .acknowledged(let side, let offset, let packet): acknowledge(side, upTo: offset, packet, &output)
    case .window(let side, let isOpen, let packet):
      isCarrierBlocked[side] = !isOpen
      tellWindows(of: side, packet, &output)
    case .ended(let side, let kind, let offset, let packet):
      if side == .client { blindUpTo = .max }
      endCarrier(side, kind, at: offset, packet, &output)
    case .closed(let reason): closeAll(reason, &output)
    // What TCP sent twice is no matter of the streams, and none of its messages has been asked for.
    case .retransmitted, .record, .requested, .responded, .opened, .proxied: break
    }
  }

  // MARK: Order between the directions

  private mutating func feedOrHold(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout HTTP2Output<some StreamSink>
  ) {
    if chunk.side == .server, heldFrame != nil {
      held.hold(bytes, chunk)
    } else if let index = feed(bytes, from: 0, chunk, &output) {
      held.hold(bytes, from: index, chunk)
    }
    stopFullHolding()
  }

  /// Goes on with what waited for a request.
  private mutating func release(_ output: inout HTTP2Output<some StreamSink>) {
    while let (header, packet) = heldFrame, !mustWait(header) {
      heldFrame = nil
      begin(header, .server, packet, &output)
      while heldFrame == nil, let item = held.popFirst() {
        switch item {
        case .event(let event): accept(event, &output)
        case .bytes(let bytes, let first, let chunk):
          if let index = feed(bytes.span, from: first, chunk, &output) {
            held.putBack(bytes, first: index, chunk)
          }
        }
      }
    }
  }

  private func mustWait(_ header: FrameHeader) -> Bool {
    let id = header.streamID
    guard id % 2 == 1, id > highestRequest, id > blindUpTo, requestsKnownUpTo == nil else { return false }
    return header.type == .headers || header.type == .data || header.type == .resetStream
  }

  private mutating func stopFullHolding() {
    if held.isFull, let heldFrame { blindUpTo = max(blindUpTo, heldFrame.header.streamID) }
  }

  /// Whether a stream of which nothing is known may have been asked for in bytes that are missing.
  func mayBeUnknownRequest(_ id: UInt32) -> Bool {
    guard id % 2 == 1, streams[id] == nil, !closedIDs.contains(id) else { return false }
    return requestsKnownUpTo.map { id > $0 } ?? (id > highestRequest && id <= blindUpTo)
  }

  // MARK: Frames

  /// - Returns: where the bytes begin that have to wait; `nil` if all are used.
  private mutating func feed(
    _ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk,
    _ output: inout HTTP2Output<some StreamSink>
  ) -> Int? {
    var index = first
    let side = chunk.side
    while let step = directions[side].next(bytes, from: &index) {
      let place = Place(side: side, offset: chunk.offset + UInt64(index), packet: chunk.packet)
      switch step {
      case .began(let header):
        if side == .server, mustWait(header) {
          heldFrame = (header, chunk.packet)
          return index
        }
        begin(header, side, chunk.packet, &output)
      case .data(let id, let range): deliver(bytes.extracting(range), of: id, place, &output)
      case .dataEnd(let id, let length, let endsStream):
        spend(length, on: id, place, &output)
        if endsStream { end(id, .endStream, place, &output) }
      case .headers(let id, let fields, let endsStream):
        take(fields, of: id, place, &output)
        if endsStream { end(id, .endStream, place, &output) }
      case .reset(let id, let code): end(id, .rstStream(code), place, &output)
      case .goAway(let last, let code): goAway(last, code, place, &output)
      case .settings(let settings): take(settings, place, &output)
      case .windowUpdate(let id, let increment): extend(id, by: increment, place, &output)
      case .other: break
      }
    }
    if directions[side].isLost { lose(side, chunk.packet, &output) }
    return nil
  }

  private mutating func begin(
    _ header: FrameHeader, _ side: Side, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    if !aborted[side].isEmpty { quieten(side, before: packet, &output) }
    guard header.type == .data, mayBeUnknownRequest(header.streamID) else { return }
    open(header.streamID, .unknown, packet, &output)
  }

  /// Where on the carrier something is complete.
  struct Place {
    var side: Side
    var offset: UInt64
    var packet: PacketReference
  }

  // MARK: Missing bytes

  private mutating func skip(
    _ side: Side, _ range: Range<UInt64>, _ cause: GapCause, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    let count = cause == .unknownLength ? .max : range.upperBound - range.lowerBound
    let missing = directions[side].skip(count)
    guard !directions[side].isLost else { return lose(side, packet, &output) }
    switch missing {
    case .nothing: break
    case .data(let id, let count):
      let place = Place(side: side, offset: range.lowerBound + count, packet: packet)
      leaveOut(count, of: id, cause, place, &output)
    case .unknownData(let id):
      let place = Place(side: side, offset: range.upperBound, packet: packet)
      leaveOut(1, of: id, .unknownLength, place, &output)
    }
    let chunk = StreamChunk(
      connection: carrier.connection.id, side: side, offset: range.upperBound, packet: packet)
    _ = feed([UInt8]().span, from: 0, chunk, &output)
  }

  /// Where the frames go on is not known, nor which of them are missing.
  private mutating func lose(
    _ side: Side, _ packet: PacketReference, _ output: inout HTTP2Output<some StreamSink>
  ) {
    lossPackets[side] = packet
    if side == .client, requestsKnownUpTo == nil { requestsKnownUpTo = highestRequest }
    guard flow.client.isKnown || flow.server.isKnown else { return }
    // Data of one side may be missing, and the windows that it gave to the other.
    flow.client.lose()
    flow.server.lose()
    tellWindows(of: .client, packet, &output)
    tellWindows(of: .server, packet, &output)
  }

  // MARK: Acknowledgments

  /// Notes that a stream's side is complete up to `end` at a place of the carrier.
  mutating func note(_ id: UInt32, upTo end: UInt64, _ place: Place) {
    positions[place.side].add(carrierEnd: place.offset, owner: Int(id), end: end)
  }

  private mutating func acknowledge(
    _ side: Side, upTo offset: UInt64, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    var taken = CarriedPositions()
    swap(&taken, &positions[side])
    taken.acknowledge(upTo: offset) { owner, end in
      acknowledge(UInt32(truncatingIfNeeded: owner), side, upTo: end, packet, &output)
    }
    swap(&taken, &positions[side])
  }

  // MARK: Limits

  /// Whether something may be done for every stream.
  mutating func affordsAllStreams() -> Bool {
    guard streams.count <= credit else { return false }
    credit -= streams.count
    return true
  }
}
