import Capture
import Streams

/// Where decoded legs go, and what numbers them.
struct LegOutput<Sink: LegSink> {
  /// The first field: so that to reach it costs no look at the type, as the others do.
  var sink: Sink
  private(set) var count = 0
  private var slots = 0
  private var freeSlots: [Int] = []

  init(_ sink: Sink) { self.sink = sink }

  mutating func nextID() -> LegID {
    count += 1
    if let slot = freeSlots.popLast() { return LegID(rawValue: count, slot: slot) }
    slots += 1
    return LegID(rawValue: count, slot: slots - 1)
  }

  /// Tells a leg's last event.
  mutating func end(_ leg: LegID, with event: consuming LegEvent) {
    sink.receive(event, on: leg)
    freeSlots.append(leg.slot)
  }
}

/// One connection: HTTP/1.1 messages until an upgrade, then frames. A stream of HTTP/2 that was asked for by
/// extended CONNECT begins with the upgrade.
///
///     http ──upgrade request──▶ leg opened ──101──▶ frames
///      │ ▲                         │   └──101 not captured──▶ frames, boundaries lost
///      │ └────── other status ─────┘
///      └──(beginning not captured; what comes looks like frames)──▶ leg picked up
struct ConnectionDecoder {
  private var connection: Connection
  private let options: FrameOptions
  private var isFlipped = false
  private var http: HTTPConversation
  private var isReleasing = false
  /// TLS hides what the connection carries.
  private var isSealed = false
  /// The connection is a stream for a WebSocket (RFC 8441): it holds nothing but frames.
  private var isExtendedConnect = false
  /// Or, if that was refused, the rest of the answer.
  private var isExtendedConnectRefused = false
  private var leg: LegID?
  private var frames: Indirect<LegFrames>?
  /// The leg was believed for its frames alone.
  private var isPickedUp = false
  /// Where the leg's first frame from the client lies, if its request was captured.
  private var clientFramesBegin: UInt64?
  /// Looks for frames where the connection's beginning was not captured.
  private var pickUp: Indirect<LegFrames>?
  /// What a leg has to be told that is opened later.
  private var memory = StreamMemory()

  init(_ connection: Connection, options: FrameOptions) {
    self.connection = connection
    self.options = options
    http = HTTPConversation(sawStart: connection.sawStart)
    pickUp = connection.sawStart ? nil : Indirect(.pickUp(options: options))
  }

  // MARK: Input

  mutating func receive(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    if !http.sawHead && !connection.sawStart { recogniseSides(bytes, chunk.side) }
    var chunk = chunk
    if isFlipped { chunk.side = chunk.side.opposite }
    accept(bytes, chunk, &output)
    if http.hasReleased { release(&output) }
  }

  mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, _ output: inout LegOutput<some LegSink>
  ) {
    guard frames != nil, let leg, !isFlipped else {
      return receive(.acknowledged(side, upTo: upTo, packet), &output)
    }
    output.sink.acknowledge(side, upTo: upTo, packet, on: leg)
  }

  mutating func receive(_ event: StreamEvent, _ output: inout LegOutput<some LegSink>) {
    if isFlipped { acceptOrPark(event.flipped, &output) } else { acceptOrPark(event, &output) }
  }

  private mutating func acceptOrPark(_ event: StreamEvent, _ output: inout LegOutput<some LegSink>) {
    if case .closed = event {
      http.loseRequests()
      http.stopParking(.client)
      release(&output)
    }
    if !http.park(event) { accept(event, &output) }
    if http.hasReleased { release(&output) }
  }

  /// Without a SYN the sides were guessed by port; a message's head tells.
  private mutating func recogniseSides(_ bytes: Span<UInt8>, _ side: Side) {
    let isResponse = HTTPFramer.hasStartLine(bytes, as: .response)
    guard isResponse || HTTPFramer.hasStartLine(bytes, as: .request) else { return }
    if side != (isResponse ? .server : .client), !isFlipped { flip() }
  }

  private mutating func flip() {
    isFlipped.toggle()
    connection = connection.flipped
    memory = memory.flipped
  }

  private mutating func accept(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    if frames != nil { return receiveFrames(bytes, from: 0, chunk, &output) }
    if isExtendedConnect { return receiveUnanswered(bytes, chunk, &output) }
    if clientFramesBegin == nil, http.passBody(UInt64(bytes.count), chunk.side) { return }
    takeMessages(bytes, chunk, &output)
  }

  private mutating func takeMessages(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    // A head at the end of the bytes may open a leg, and what follows may be frames at once.
    var index = 0
    while let step = http.next(bytes, from: &index, chunk) {
      if case .parked = step { return }
      take(step, &output)
      if frames != nil { return receiveFrames(bytes, from: index, chunk, &output) }
    }
    if let begin = clientFramesBegin, chunk.side == .client, chunk.offset + UInt64(bytes.count) > begin {
      // Taken for HTTP: too much had come before the response.
      clientFramesBegin = nil
    }
    if !http.sawHead { tryPickUp(bytes, chunk, &output) }
  }

  private mutating func accept(_ event: StreamEvent, _ output: inout LegOutput<some LegSink>) {
    switch event {
    case .secured(let tls) where tls.access != .decrypted && !isSealed: seal(&output)
    case .record where isSealed && leg == nil:
      openLeg(LegOpening(connection: connection, request: nil, isSealed: true), &output)
      recall(&output)
    case .gap where isSealed: break
    case .gap(let side, let range, let cause, let packet):
      skip(side, range, isLengthKnown: cause != .unknownLength, packet, &output)
    case .requested(let fields, let packet):
      if let request = UpgradeRequest(extendedConnect: fields, packet: packet) {
        isExtendedConnect = true
        http.awaitAnswer()
        take(.requested(request), &output)
      }
    case .responded(let fields, let packet):
      if isExtendedConnect, frames == nil,
        let response = UpgradeResponse(extendedConnect: fields, packet: packet)
      {
        take(response, &output)
      }
    case .proxied(_, let begin, _): http.clientBegins = begin
    case .ended(let side, let kind, _, _) where kind.isInOrder:
      if side == .client { http.loseRequests() }
      finish(side, &output)
    case .closed:
      finish(.client, &output)
      finish(.server, &output)
    default: break
    }
    if mayOpenLeg { memory.keep(event) }
    if let leg { Self.tell(event, on: leg, &output) }
  }

  /// Whether another leg may be told of what happens now: what comes behind an agreed upgrade is its leg's alone.
  private var mayOpenLeg: Bool { frames == nil || isPickedUp }

  private static func tell(
    _ event: StreamEvent, on leg: LegID, _ output: inout LegOutput<some LegSink>
  ) {
    if case .closed = event { return output.end(leg, with: .stream(event)) }
    output.sink.receive(.stream(event), on: leg)
  }

  /// TLS hides the connection from here on: what had been made of its bytes was a mistake.
  private mutating func seal(_ output: inout LegOutput<some LegSink>) {
    pickUp = nil
    if let leg { refute(leg, &output) }
    http.end()
    isSealed = true
  }

  /// Goes on with what waited for the other side. What an item lets go in turn is taken by the same loop:
  /// a call inside a call would be as deep as thousands of tiny segments.
  private mutating func release(_ output: inout LegOutput<some LegSink>) {
    guard !isReleasing else { return }
    isReleasing = true
    defer { isReleasing = false }
    while let item = http.nextReleased() {
      switch item {
      case .bytes(let bytes, let chunk): accept(bytes.span, chunk, &output)
      case .event(let event): if !http.park(event) { accept(event, &output) }
      }
    }
  }

  // MARK: Legs

  private mutating func take(_ step: consuming HTTPStep, _ output: inout LegOutput<some LegSink>) {
    switch consume step {
    case .other, .parked: break
    case .tunnelled(let target): connection.tunnel = target
    case .requested(let request):
      let end = request.endOffset
      openLeg(LegOpening(connection: connection, request: request), &output)
      recall(&output)
      clientFramesBegin = end
    case .refused(let response):
      if let leg { output.sink.receive(.responded(response), on: leg) }
    case .switched(let response, let isAsked):
      if !isAsked { openLeg(LegOpening(connection: connection, request: nil), &output) }
      guard let leg else { return }
      let (end, deflate, packet) = (response.endOffset, response.deflate, response.packet)
      output.sink.receive(.responded(response), on: leg)
      if clientFramesBegin == nil { output.sink.receive(.lost(.client, at: 0, packet), on: leg) }
      // While the 101 waited for its request, the client may have acknowledged much, and ended.
      if !isAsked { recall(&output) }
      beginFrames(
        client: LegDirection(
          side: .client, from: clientFramesBegin, deflate: deflate, options: options),
        server: LegDirection(side: .server, from: end, deflate: deflate, options: options))
    }
  }

  /// The answer to an extended CONNECT.
  private mutating func take(_ response: consuming UpgradeResponse, _ output: inout LegOutput<some LegSink>) {
    guard response.isSwitchingProtocols else {
      isExtendedConnectRefused = true
      http.stopParking(.client)
      return take(.refused(response), &output)
    }
    take(.switched(response, isAsked: true), &output)
  }

  /// Bytes of a stream that is not answered yet: the client's wait. The server's show that its answer was not
  /// captured; they may be frames, from the first on.
  private mutating func receiveUnanswered(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    guard !isExtendedConnectRefused else { return }
    switch chunk.side {
    case .client: if !http.park(bytes, chunk) { clientFramesBegin = nil }
    case .server:
      guessSwitch(at: 0, packet: chunk.packet, serverBegins: chunk.offset == 0 ? 0 : nil, &output)
      receiveFrames(bytes, from: 0, chunk, &output)
    }
  }

  private mutating func openLeg(_ opening: consuming LegOpening, _ output: inout LegOutput<some LegSink>) {
    if let leg { output.end(leg, with: .stream(.closed(.reused))) }
    let id = output.nextID()
    leg = id
    clientFramesBegin = nil
    pickUp = nil
    output.sink.receive(.opened(opening), on: id)
    memory.tellBeginnings { output.sink.receive(.stream($0), on: id) }
  }

  /// Tells the leg what its connection said before it was opened.
  private func recall(_ output: inout LegOutput<some LegSink>) {
    guard let leg else { return }
    memory.tellLate { output.sink.receive(.stream($0), on: leg) }
  }

  private mutating func beginFrames(client: consuming LegDirection, server: consuming LegDirection) {
    frames = Indirect(LegFrames(client: client, server: server))
    http.end()
  }

  private mutating func receiveFrames(
    _ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk,
    _ output: inout LegOutput<some LegSink>
  ) {
    guard let leg else { return }
    if first < bytes.count {
      frames?.value.receive(bytes, from: first, chunk, on: leg, &output.sink)
      frames?.value.resynchronise(on: leg, &output.sink)
      if isPickedUp, frames?.value.refutesPickUp == true { refute(leg, &output) }
    }
  }

  private mutating func refute(_ id: LegID, _ output: inout LegOutput<some LegSink>) {
    output.end(id, with: .refuted)
    leg = nil
    frames = nil
  }

  private mutating func finish(_ side: Side, _ output: inout LegOutput<some LegSink>) {
    guard let leg else { return }
    frames?.value.finish(side, on: leg, &output.sink)
  }

  // MARK: Missing bytes

  private mutating func skip(
    _ side: Side, _ range: Range<UInt64>, isLengthKnown: Bool, _ packet: PacketReference,
    _ output: inout LegOutput<some LegSink>
  ) {
    if let leg, frames != nil {
      frames?.value.skip(side, range, isLengthKnown: isLengthKnown, packet, on: leg, &output.sink)
      return
    }
    let mayHideSwitch = side == .server && http.mayHideSwitch
    http.skip(side, isLengthKnown ? range.upperBound - range.lowerBound : .max)
    if mayHideSwitch && http.hasLostResponses {
      return guessSwitch(at: range.lowerBound, packet: packet, &output)
    }
    var nowhere = NoSink()
    if pickUp == nil, leg == nil, !http.isForeign { pickUp = Indirect(.pickUp(options: options)) }
    pickUp?.value.skip(side, range, isLengthKnown: isLengthKnown, packet, on: .noLeg, &nowhere)
  }

  /// A 101 may be missing, or the rest of one: look for frames in both directions, believe nothing else.
  ///
  /// - Parameter serverBegins: where the server's frames begin, if it agreed.
  private mutating func guessSwitch(
    at offset: UInt64, packet: PacketReference, serverBegins: UInt64? = nil,
    _ output: inout LegOutput<some LegSink>
  ) {
    let isNew = leg == nil
    if isNew {
      openLeg(LegOpening(connection: connection, request: nil, isPickedUp: true), &output)
    }
    guard let leg else { return }
    output.sink.receive(.lost(.client, at: clientFramesBegin ?? 0, packet), on: leg)
    output.sink.receive(.lost(.server, at: offset, packet), on: leg)
    if isNew { recall(&output) }
    let deflate = PermessageDeflate()
    beginFrames(
      client: LegDirection(
        side: .client, from: nil, expected: clientFramesBegin, deflate: deflate, options: options),
      server: LegDirection(
        side: .server, from: nil, expected: serverBegins, deflate: deflate, options: options))
  }

  // MARK: Pickup

  private mutating func tryPickUp(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    guard leg == nil, pickUp != nil else { return }
    var nowhere = NoSink()
    pickUp?.value.receive(bytes, from: 0, chunk, on: .noLeg, &nowhere)
    guard var found = pickUp, case .webSocket(let mustFlip) = found.value.pickUpResult else { return }
    if mustFlip {
      flip()
      found.value.flip()
    }
    openLeg(LegOpening(connection: connection, request: nil, isPickedUp: true), &output)
    http.end()
    guard let leg else { return }
    isPickedUp = true
    found.value.confirm(chunk.packet, on: leg, &output.sink)
    frames = found
    recall(&output)
  }
}

/// Where a connection without a leg yet reports to.
private struct NoSink: LegSink {
  mutating func receive(_ event: LegEvent, on leg: LegID) {}
}
