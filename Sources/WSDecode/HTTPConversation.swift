import Limits
import Capture
import Streams

/// What a message's head means for WebSockets.
enum HTTPStep {
  /// An ordinary message.
  case other
  /// The bytes wait for the other side.
  case parked
  case requested(UpgradeRequest)
  /// The answer to the upgrade request is not a 101.
  case refused(UpgradeResponse)
  /// From here on the connection carries frames; `isAsked` if the request was captured.
  case switched(UpgradeResponse, isAsked: Bool)
  /// A CONNECT was granted: from here on the connection is the one to that `host:port` (RFC 9110 §9.3.6).
  case tunnelled(String)
}

/// The HTTP/1.1 messages of a connection, requests matched to responses.
///
/// The two directions may be ahead of each other. What comes too early is parked: the client's bytes
/// behind an upgrade request or a CONNECT until its response tells what they are, a response until its request
/// is there.
struct HTTPConversation {
  /// Whether the connection's beginning was captured.
  private let sawStart: Bool
  /// Where the client's first request lies: behind a header of the PROXY protocol.
  var clientBegins: UInt64 = 0
  /// Responses are missing: it is not known which of the requests are answered.
  private var isPairingLost = false
  private(set) var sawHead = false
  /// The connection begins with something else than HTTP.
  private(set) var isForeign = false
  private var requests = HTTPFramer(.request)
  private var responses = HTTPFramer(.response)
  private var pending = PendingRequests()
  private var parkedRequests = ParkedStream()
  private var parkedResponses = ParkedStream()
  private var released: [ParkedStream.Item] = []
  /// How many of `released` have been taken.
  private var taken = 0
  /// No request that could be missed will come.
  private var clientIsBlind = false
  private static let maxPendingRequests = Limits.standard.maxPendingRequests

  init(sawStart: Bool) {
    self.sawStart = sawStart
    if !sawStart {
      requests.desynchronise()
      responses.desynchronise()
    }
  }

  /// The next head in the bytes from `index` on.
  ///
  /// - Returns: `nil` once all bytes are used or parked.
  mutating func next(
    _ bytes: Span<UInt8>, from index: inout Int, _ chunk: StreamChunk
  ) -> HTTPStep? {
    guard index < bytes.count else { return nil }
    if shouldPark(bytes, at: index, chunk.side) {
      park(bytes, from: index, chunk)
      index = bytes.count
      return .parked
    }
    if chunk.side == .client, parkedResponses.isActive, !isRequest(bytes, at: index) {
      // No request to wait for will come: the responses go first.
      loseRequests()
      var waiting = ParkedStream()
      waiting.park(bytes, from: index, chunk)
      released += waiting.release()
      index = bytes.count
      return .parked
    }
    if chunk.side == .client {
      let head = requests.next(bytes, from: &index)
      if requests.isUnsynchronised {
        if chunk.offset == clientBegins, sawStart { isForeign = true }
        loseRequests()
      }
      guard let head else { return nil }
      return take(request: head, endOffset: chunk.offset + UInt64(index), chunk.packet)
    }
    let head = responses.next(bytes, from: &index)
    if chunk.offset == 0, sawStart, responses.isUnsynchronised { isForeign = true }
    guard let head else { return nil }
    return take(response: head, endOffset: chunk.offset + UInt64(index), chunk.packet)
  }

  /// Passes over bytes that lie inside a message's body, as most do; false if they do not, or have to be parked.
  mutating func passBody(_ count: UInt64, _ side: Side) -> Bool {
    switch side {
    case .client: !parkedRequests.isActive && requests.passBody(count)
    case .server: !parkedResponses.isActive && responses.passBody(count)
    }
  }

  /// Whether bytes that are missing here may have held a 101.
  var mayHideSwitch: Bool { parkedRequests.isActive || responses.isInsideSwitchingHead }

  /// Whether it is not known where the next response begins.
  var hasLostResponses: Bool { responses.isUnsynchronised }

  mutating func skip(_ side: Side, _ count: UInt64) {
    if side == .client {
      requests.skip(count)
      if requests.isUnsynchronised { loseRequests() }
    } else {
      responses.skip(count)
      if responses.isUnsynchronised { isPairingLost = true }
    }
  }

  // MARK: Heads

  private mutating func take(
    request head: HTTPHead, endOffset: UInt64, _ packet: PacketReference
  ) -> HTTPStep {
    sawHead = true
    guard head.startLinePart(2, hasPrefix: "HTTP/1.") else {
      requests.desynchronise()
      return .other
    }
    requests.body(Self.body(of: head) ?? .length(0))
    if isPairingLost {
      // Few clients send a request before the response to the one before.
      pending = PendingRequests()
      isPairingLost = false
    }
    if pending.count == Self.maxPendingRequests { pending.removeFirst() }
    if head.asksForWebSocket {
      let request = UpgradeRequest(head, endOffset: endOffset, packet: packet)
      expect(.upgrade(PendingRequest.Upgrade(accept: request.expectedAccept)), packet)
      return .requested(request)
    }
    if head.startLinePart(0, is: "CONNECT") {
      expect(.connect(target: head.startLinePart(1) ?? ""), packet)
    } else {
      expect(head.startLinePart(0, is: "HEAD") ? .head : .other, packet)
    }
    return .other
  }

  /// Notes a request whose response is to come.
  private mutating func expect(_ kind: PendingRequest.Kind, _ packet: PacketReference) {
    pending.append(PendingRequest(kind: kind, packet: packet))
    switch kind {
    case .upgrade, .connect: parkedRequests.activate()
    case .head, .other: break
    }
    stopParking(.server)
  }

  private mutating func take(
    response head: HTTPHead, endOffset: UInt64, _ packet: PacketReference
  ) -> HTTPStep {
    sawHead = true
    guard let status = head.startLinePart(1).flatMap({ Int($0) }), (100...999).contains(status) else {
      responses.desynchronise()
      return .other
    }
    if status == 101 {
      let asked = pending.upgrade
      if asked != nil || head.list(.upgrade, contains: "websocket") {
        let response = UpgradeResponse(
          head, status: status, likelyAccept: asked?.accept, endOffset: endOffset, packet: packet)
        return .switched(response, isAsked: asked != nil)
      }
      loseBoth()
      return .other
    }
    guard status >= 200 else {
      responses.body(.length(0))
      return .other
    }
    // Without the connection's beginning a response in front of a request answers an earlier one.
    let isPaired = pending.first.map { sawStart || $0.packet.precedes(packet) } ?? false
    let request = isPaired ? pending.removeFirst() : nil
    responses.body(Self.responseBody(of: head, status: status, to: request?.kind))
    switch request?.kind {
    case .upgrade:
      stopParking(.client)
      return .refused(UpgradeResponse(head, status: status, endOffset: endOffset, packet: packet))
    case .connect(let target):
      stopParking(.client)
      guard status < 300 else { return .other }
      beginAgain()
      return .tunnelled(target)
    case .head, .other, nil: return .other
    }
  }

  private static func body(of head: HTTPHead) -> HTTPBody? {
    if head.list(.transferEncoding, contains: "chunked") { return .chunked }
    return head.value(.contentLength).flatMap { UInt64($0) }.map { .length($0) }
  }

  /// RFC 9112 §6.3.
  private static func responseBody(
    of head: HTTPHead, status: Int, to request: PendingRequest.Kind?
  ) -> HTTPBody {
    if case .head = request { return .length(0) }
    if status == 204 || status == 304 { return .length(0) }
    return body(of: head) ?? .untilClose
  }

  /// No response needs to wait for a request any longer.
  mutating func loseRequests() {
    clientIsBlind = true
    stopParking(.server)
  }

  /// The client asked by other means than an HTTP/1.1 message: what it sends waits for the answer.
  mutating func awaitAnswer() {
    sawHead = true
    requests.desynchronise()
    responses.desynchronise()
    parkedRequests.activate()
  }

  /// Another connection's streams begin in both directions.
  private mutating func beginAgain() {
    requests = HTTPFramer(.request)
    responses = HTTPFramer(.response)
    pending = PendingRequests()
  }

  /// The connection carries something else from here on, maybe with HTTP inside.
  private mutating func loseBoth() {
    requests.desynchronise()
    responses.desynchronise()
    stopParking(.client)
    loseRequests()
  }

  /// No messages any more.
  mutating func end() {
    pending = PendingRequests()
    loseBoth()
  }

  // MARK: Parking

  private func shouldPark(_ bytes: Span<UInt8>, at index: Int, _ side: Side) -> Bool {
    switch side {
    case .client: return parkedRequests.isActive
    case .server:
      if parkedResponses.isActive { return true }
      guard pending.isEmpty, !clientIsBlind else { return false }
      if responses.isUnsynchronised { return index == 0 && HTTPFramer.hasStartLine(bytes, as: .response) }
      return responses.isBetweenMessages
        && HTTPFramer.begins(bytes.extracting(index..<bytes.count), as: .response)
    }
  }

  /// Whether the client's bytes are, as far as they go, of a request.
  private func isRequest(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    if requests.isUnsynchronised { return index == 0 && HTTPFramer.hasStartLine(bytes, as: .request) }
    return !requests.isBetweenMessages
      || HTTPFramer.begins(bytes.extracting(index..<bytes.count), as: .request)
  }

  private mutating func park(_ bytes: Span<UInt8>, from index: Int, _ chunk: StreamChunk) {
    if chunk.side == .client {
      parkedRequests.park(bytes, from: index, chunk)
    } else {
      parkedResponses.activate()
      parkedResponses.park(bytes, from: index, chunk)
    }
    stopFullParking()
  }

  /// Keeps the client's bytes until its request is answered; false if they do not wait.
  mutating func park(_ bytes: Span<UInt8>, _ chunk: StreamChunk) -> Bool {
    guard parkedRequests.isActive, chunk.side == .client else { return false }
    park(bytes, from: 0, chunk)
    return true
  }

  /// Keeps an event in its place among bytes that wait; false if none do.
  mutating func park(_ event: StreamEvent) -> Bool {
    // What is acknowledged before anything waits is the request, or came in front of it.
    if case .acknowledged(.client, _, _) = event, parkedRequests.isEmpty { return false }
    switch event.side {
    case .client where parkedRequests.isActive: parkedRequests.park(event)
    case .server where parkedResponses.isActive: parkedResponses.park(event)
    default: return false
    }
    stopFullParking()
    return true
  }

  /// Too much waits: go on without what it waits for.
  private mutating func stopFullParking() {
    if parkedRequests.isFull { stopParking(.client) }
    if parkedResponses.isFull { loseRequests() }
  }

  mutating func stopParking(_ side: Side) {
    switch side {
    case .client where parkedRequests.isActive: released += parkedRequests.release()
    case .server where parkedResponses.isActive: released += parkedResponses.release()
    default: break
    }
  }

  /// Whether something waited and need not any longer.
  var hasReleased: Bool { !released.isEmpty }

  /// What waited and need not any longer, in order.
  mutating func nextReleased() -> ParkedStream.Item? {
    guard taken < released.count else {
      (released, taken) = ([], 0)
      return nil
    }
    defer { taken += 1 }
    return released[taken]
  }
}
