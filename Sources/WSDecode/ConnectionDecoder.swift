import Capture
import TCPReassembly

/// Where decoded legs go, and what numbers them.
struct LegOutput<Sink: LegSink> {
  var sink: Sink
  private var count = 0

  init(_ sink: Sink) { self.sink = sink }

  mutating func nextID() -> LegID {
    count += 1
    return LegID(rawValue: count)
  }
}

/// One connection: HTTP/1.1 messages until an upgrade, then frames.
///
///     http ──upgrade request──▶ leg opened ──101──▶ webSocket
///       ▲                          │   └──101 not captured──▶ webSocket, boundaries lost
///       └────── other status ──────┘
///
/// The two directions may be ahead of each other. What comes too early is parked: the client's bytes
/// behind an upgrade request until its response tells what they are, a response until its request is there.
struct ConnectionDecoder {
  private struct PendingRequest {
    var method: String
    var isUpgrade: Bool
  }

  private var connection: Connection
  private let options: FrameOptions
  private var isFlipped = false
  private var sawHead = false
  private var requests = HTTPFramer(.request)
  private var responses = HTTPFramer(.response)
  private var pending: [PendingRequest] = []
  private var parkedRequests = ParkedStream()
  private var parkedResponses = ParkedStream()
  /// The client's bytes are not requests any more that could be missed.
  private var clientIsBlind = false
  private var leg: LegID?
  /// Where the leg's first frame from the client lies, if its request was captured.
  private var clientFramesBegin: UInt64?
  private var frames: (client: LegDirection, server: LegDirection)?
  private static let maxPendingRequests = 1024

  init(_ connection: Connection, options: FrameOptions) {
    self.connection = connection
    self.options = options
  }

  // MARK: Input

  mutating func receive(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    if !sawHead && !connection.sawStart { recogniseSides(bytes, chunk.side) }
    var chunk = chunk
    if isFlipped { chunk.side = chunk.side.opposite }
    accept(bytes, chunk, &output)
  }

  mutating func receive(_ event: StreamEvent, _ output: inout LegOutput<some LegSink>) {
    let event = isFlipped ? event.flipped : event
    if case .closed = event { releaseAll(&output) }
    if let side = event.side, park(event, of: side) { return }
    accept(event, &output)
  }

  /// Without a SYN the sides were guessed by port; what they say tells.
  private mutating func recogniseSides(_ bytes: Span<UInt8>, _ side: Side) {
    guard bytes.count >= 8 else { return }
    let isResponse = HTTPFramer.begins(bytes, as: .response)
    guard isResponse || HTTPFramer.begins(bytes, as: .request) else { return }
    let sender: Side = isResponse ? .server : .client
    guard side != sender, !isFlipped else { return }
    isFlipped = true
    connection = connection.flipped
  }

  private mutating func accept(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    if frames != nil {
      receiveFrames(bytes, from: 0, chunk, &output)
    } else if chunk.side == .client {
      receiveRequests(bytes, chunk, &output)
    } else {
      receiveResponses(bytes, chunk, &output)
    }
  }

  private mutating func accept(_ event: StreamEvent, _ output: inout LegOutput<some LegSink>) {
    switch event {
    case .gap(let side, let range, _, let packet): skip(side, range, packet, &output)
    case .ended(let side, .fin, _, _): finish(side, &output)
    case .closed:
      finish(.client, &output)
      finish(.server, &output)
    default: break
    }
    if let leg { output.sink.receive(.stream(event), on: leg) }
  }

  // MARK: HTTP

  private mutating func receiveRequests(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    var index = 0
    while index < bytes.count {
      guard frames == nil else { return receiveFrames(bytes, from: index, chunk, &output) }
      if parkedRequests.isActive {
        if parkedRequests.park(bytes, from: index, chunk) { return }
        release(.client, &output)
        continue
      }
      guard let head = requests.next(bytes, from: &index) else { break }
      take(request: head, endOffset: chunk.offset + UInt64(index), chunk.packet, &output)
    }
    if requests.isUnsynchronised { loseRequests(&output) }
  }

  private mutating func take(
    request head: HTTPHead, endOffset: UInt64, _ packet: PacketReference,
    _ output: inout LegOutput<some LegSink>
  ) {
    sawHead = true
    let parts = head.startLineParts
    guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else { return requests.desynchronise() }
    requests.body(Self.body(of: head) ?? .length(0))
    let upgrade = UpgradeRequest(
      head, method: parts[0], target: parts[1], endOffset: endOffset, packet: packet)
    if pending.count == Self.maxPendingRequests { pending.removeFirst() }
    pending.append(PendingRequest(method: parts[0], isUpgrade: upgrade != nil))
    if let upgrade {
      openLeg(LegOpening(connection: connection, request: upgrade), &output)
      parkedRequests.activate()
    }
    release(.server, &output)
  }

  private mutating func receiveResponses(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ output: inout LegOutput<some LegSink>
  ) {
    var index = 0
    while index < bytes.count {
      if isResponseEarly(bytes, at: index) {
        parkedResponses.activate()
        if parkedResponses.park(bytes, from: index, chunk) { return }
        loseRequests(&output)
      }
      guard let head = responses.next(bytes, from: &index) else { return }
      let endOffset = chunk.offset + UInt64(index)
      take(response: head, endOffset: endOffset, chunk.packet, &output)
      guard frames == nil else { return receiveFrames(bytes, from: index, chunk, &output) }
    }
  }

  private func isResponseEarly(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    guard pending.isEmpty, !clientIsBlind, responses.isBetweenMessages else { return false }
    return HTTPFramer.begins(bytes.extracting(index..<bytes.count), as: .response)
  }

  private mutating func take(
    response head: HTTPHead, endOffset: UInt64, _ packet: PacketReference,
    _ output: inout LegOutput<some LegSink>
  ) {
    sawHead = true
    let parts = head.startLineParts
    guard parts.count >= 2, let status = Int(parts[1]), (100...999).contains(status) else {
      return responses.desynchronise()
    }
    let response = UpgradeResponse(
      head, status: status, statusText: parts.count > 2 ? parts[2] : "", endOffset: endOffset,
      packet: packet)
    if response.isSwitchingProtocols { return switchProtocols(response, head, &output) }
    guard status >= 200 else { return responses.body(.length(0)) }
    let request = pending.isEmpty ? nil : pending.removeFirst()
    responses.body(Self.responseBody(of: head, status: status, method: request?.method))
    if request?.isUpgrade == true {
      if let leg { output.sink.receive(.responded(response), on: leg) }
      release(.client, &output)
    }
    if request?.method == "CONNECT" && status < 300 { loseBoth(&output) }
  }

  private mutating func switchProtocols(
    _ response: UpgradeResponse, _ head: HTTPHead, _ output: inout LegOutput<some LegSink>
  ) {
    let isAsked = pending.contains { $0.isUpgrade }
    guard isAsked || head.list("upgrade", contains: "websocket") else { return loseBoth(&output) }
    if !isAsked { openLeg(LegOpening(connection: connection, request: nil), &output) }
    guard let leg else { return }
    output.sink.receive(.responded(response), on: leg)
    if !isAsked { output.sink.receive(.lost(.client, at: 0, response.packet), on: leg) }
    beginFrames(serverFrom: response.endOffset, deflate: response.deflate, &output)
  }

  private static func body(of head: HTTPHead) -> HTTPBody? {
    if head.list("transfer-encoding", contains: "chunked") { return .chunked }
    return head.value("content-length").flatMap { UInt64($0) }.map { .length($0) }
  }

  /// RFC 9112 §6.3.
  private static func responseBody(of head: HTTPHead, status: Int, method: String?) -> HTTPBody {
    if method == "HEAD" || status == 204 || status == 304 { return .length(0) }
    return body(of: head) ?? .untilClose
  }

  // MARK: Legs

  private mutating func openLeg(_ opening: LegOpening, _ output: inout LegOutput<some LegSink>) {
    if let leg { output.sink.receive(.stream(.closed(.reused)), on: leg) }
    let id = output.nextID()
    leg = id
    output.sink.receive(.opened(opening), on: id)
    clientFramesBegin = opening.request?.endOffset
  }

  private mutating func beginFrames(
    serverFrom offset: UInt64?, deflate: PermessageDeflate?, _ output: inout LegOutput<some LegSink>
  ) {
    frames = (
      LegDirection(side: .client, from: clientFramesBegin, deflate: deflate, options: options),
      LegDirection(side: .server, from: offset, deflate: deflate, options: options)
    )
    pending = []
    release(.client, &output)
    release(.server, &output)
  }

  private mutating func receiveFrames(
    _ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk,
    _ output: inout LegOutput<some LegSink>
  ) {
    guard let leg, first < bytes.count else { return }
    let offset = chunk.offset + UInt64(first)
    if chunk.side == .client {
      frames?.client.receive(bytes, from: first, at: offset, chunk.packet, on: leg, &output.sink)
    } else {
      frames?.server.receive(bytes, from: first, at: offset, chunk.packet, on: leg, &output.sink)
    }
  }

  private mutating func finish(_ side: Side, _ output: inout LegOutput<some LegSink>) {
    if side == .client { loseRequests(&output) }
    guard let leg else { return }
    if side == .client {
      frames?.client.finish(on: leg, &output.sink)
    } else {
      frames?.server.finish(on: leg, &output.sink)
    }
  }

  // MARK: Missing bytes

  private mutating func skip(
    _ side: Side, _ range: Range<UInt64>, _ packet: PacketReference,
    _ output: inout LegOutput<some LegSink>
  ) {
    if frames == nil, side == .server, parkedRequests.isActive, let leg {
      // The response to an upgrade request may lie in there: look for frames, believe nothing else.
      output.sink.receive(.lost(.server, at: range.lowerBound, packet), on: leg)
      beginFrames(serverFrom: nil, deflate: PermessageDeflate(), &output)
    }
    if frames != nil, let leg {
      if side == .client {
        frames?.client.skip(range, packet, on: leg, &output.sink)
      } else {
        frames?.server.skip(range, packet, on: leg, &output.sink)
      }
    } else if side == .client {
      requests.skip(range.upperBound - range.lowerBound)
      if requests.isUnsynchronised { loseRequests(&output) }
    } else {
      responses.skip(range.upperBound - range.lowerBound)
    }
  }

  /// No response needs to wait for a request any longer.
  private mutating func loseRequests(_ output: inout LegOutput<some LegSink>) {
    clientIsBlind = true
    release(.server, &output)
  }

  /// The connection carries something else from here on, maybe with HTTP inside.
  private mutating func loseBoth(_ output: inout LegOutput<some LegSink>) {
    requests.desynchronise()
    responses.desynchronise()
    release(.client, &output)
    loseRequests(&output)
  }

  // MARK: Parking

  private mutating func park(_ event: StreamEvent, of side: Side) -> Bool {
    switch side {
    case .client: parkedRequests.isActive && parkedRequests.park(event)
    case .server: parkedResponses.isActive && parkedResponses.park(event)
    }
  }

  private mutating func releaseAll(_ output: inout LegOutput<some LegSink>) {
    loseRequests(&output)
    release(.client, &output)
  }

  /// Goes on with what was parked of one side.
  private mutating func release(_ side: Side, _ output: inout LegOutput<some LegSink>) {
    let parked = side == .client ? parkedRequests.release() : parkedResponses.release()
    for item in parked {
      switch item {
      case .bytes(let bytes, let chunk): accept(bytes.span, chunk, &output)
      case .event(let event): accept(event, &output)
      }
    }
  }
}
