import Capture
import Streams
import WSDecode

/// Where a leg was seen: the ends have other addresses on the other side of an address translation.
@usableFromInline package struct LegObservation: Hashable, Sendable {
  /// The index of the capture among those of the report.
  package var capture: Int
  /// The leg's number in that capture.
  package var number: Int
  package var connection: Connection
}

/// What the captures show of one hop of a WebSocket.
///
/// Its large parts are lent to reports, and what lends them can be inlined there: each loan would need memory else.
@usableFromInline package struct Leg: Sendable {
  @usableFromInline struct Facts: Sendable {
    @usableFromInline var opening: Indirect<Opening>
    @usableFromInline var client = LegStream(side: .client)
    @usableFromInline var server = LegStream(side: .server)
    var particulars = Seldom<Particulars>()
  }

  /// How it began.
  @usableFromInline struct Opening: Sendable {
    @usableFromInline var connection: Connection
    @usableFromInline var observations: LegObservations
    @usableFromInline var isPickedUp: Bool
    @usableFromInline var request: UpgradeRequest? {
      didSet { noteHandshake() }
    }
    @usableFromInline var response: UpgradeResponse? {
      didSet { noteHandshake() }
    }
    /// Whether the response agrees to a WebSocket; every rule asks for it.
    private(set) var isAgreed: Bool?
    /// Whether it answers the request's key; several rules ask for that.
    private(set) var acceptMatches: Bool?
    /// By which legs are compared with each other.
    private(set) var acceptToken: String?

    private mutating func noteHandshake() {
      let expected = request?.expectedAccept
      isAgreed = response?.isSwitchingProtocols
      acceptToken = expected ?? response?.accept
      acceptMatches = nil
      if let response, let expected { acceptMatches = response.accept == expected }
    }
  }

  /// What most legs have nothing of.
  struct Particulars: Blank, Sendable {
    var sealed: SealedConnection?
    var encapsulation: Encapsulation?
    var tls: TLSDescription?
    var proxied: PROXYHeader?
    var forgotten: StreamLimit?
    var missed = MissedPackets()
  }

  /// Every stage of the analysis passes legs on, and only the first ones change them. Blocks of more than 1,032 bytes are
  /// slow to get and to give back: so it is two.
  @usableFromInline var facts: Indirect<Facts>

  package init(_ opening: LegOpening, id: LegID, capture: Int) {
    let seen = LegObservation(capture: capture, number: id.rawValue, connection: opening.connection)
    facts = Indirect(
      Facts(
        opening: Indirect(
          Opening(
            connection: opening.connection, observations: LegObservations(seen),
            isPickedUp: opening.isPickedUp, request: opening.request,
            acceptToken: opening.request?.expectedAccept))))
    if opening.isSealed { sealed = SealedConnection() }
    if let end = opening.request?.endOffset { client.beginFrames(at: end) }
  }

  package var connection: Connection {
    @inlinable _read { yield facts.value.opening.value.connection }
    _modify { yield &facts.value.opening.value.connection }
  }

  /// Each place where the leg was seen; `connection` is that of the first.
  package var observations: LegObservations {
    @inlinable _read { yield facts.value.opening.value.observations }
    _modify { yield &facts.value.opening.value.observations }
  }

  /// The leg was recognised by its frames: the capture began later than the connection.
  package var isPickedUp: Bool {
    @inlinable _read { yield facts.value.opening.value.isPickedUp }
    _modify { yield &facts.value.opening.value.isPickedUp }
  }

  package var request: UpgradeRequest? {
    @inlinable _read { yield facts.value.opening.value.request }
    _modify { yield &facts.value.opening.value.request }
  }

  /// Asked of one number: to compare it with `nil`, the request would be copied.
  var hasRequest: Bool { request?.endOffset != nil }

  var hasResponse: Bool { facts.value.opening.value.isAgreed != nil }

  /// The first field of the request that only proxies write.
  var proxyField: String? { request?.proxyField }

  package var response: UpgradeResponse? {
    @inlinable _read { yield facts.value.opening.value.response }
    _modify { yield &facts.value.opening.value.response }
  }

  /// The records, if the leg is one of TLS that stays closed: it may be a WebSocket's or anything else's.
  package internal(set) var sealed: SealedConnection? {
    get { facts.value.particulars.kept?.value.sealed }
    _modify { yield &facts.value.particulars.value.sealed }
  }

  /// Whether the leg is one of TLS that stays closed.
  package var isSealed: Bool { facts.value.particulars.kept?.value.sealed != nil }

  /// What its packets were carried in, if any of them was: the first of those, in one direction or the other.
  package internal(set) var encapsulation: Encapsulation? {
    get { facts.value.particulars.kept?.value.encapsulation }
    set { if newValue != encapsulation { facts.value.particulars.value.encapsulation = newValue } }
  }

  /// What TLS tells of the connection; `nil` without TLS.
  package internal(set) var tls: TLSDescription? {
    get { facts.value.particulars.kept?.value.tls }
    set { if newValue != tls { facts.value.particulars.value.tls = newValue } }
  }

  /// The header of the PROXY protocol that the connection began with.
  package internal(set) var proxied: PROXYHeader? {
    get { facts.value.particulars.kept?.value.proxied }
    set { if newValue != proxied { facts.value.particulars.value.proxied = newValue } }
  }

  /// The limit for which the connection was forgotten before it was over, or the capture.
  package internal(set) var forgotten: StreamLimit? {
    get { facts.value.particulars.kept?.value.forgotten }
    set { if newValue != forgotten { facts.value.particulars.value.forgotten = newValue } }
  }

  /// Packets of its namespace that a live capture missed after `wholeAt`: some may have been the leg's.
  package internal(set) var missed: MissedPackets {
    get { facts.value.particulars.kept?.value.missed ?? MissedPackets() }
    set { if newValue != missed { facts.value.particulars.value.missed = newValue } }
  }

  /// What the client sent.
  package var client: LegStream {
    @inlinable _read { yield facts.value.client }
    _modify { yield &facts.value.client }
  }

  /// What was sent toward the client.
  package var server: LegStream {
    @inlinable _read { yield facts.value.server }
    _modify { yield &facts.value.server }
  }

  package subscript(side: Side) -> LegStream {
    @inlinable _read { if side == .client { yield facts.value.client } else { yield facts.value.server } }
  }

  /// The first end of either stream; in one capture the order of packets decides.
  package var firstEnd: (side: Side, end: SeenEnd)? {
    switch (client.end, server.end) {
    case (let client?, let server?):
      client.packet.precedes(server.packet) ? (.client, client) : (.server, server)
    case (let client?, nil): (.client, client)
    case (nil, let server?): (.server, server)
    case (nil, nil): nil
    }
  }

  /// Whether either stream has an end.
  var hasEnd: Bool { client.hasEnd || server.hasEnd }

  package var isRefused: Bool { facts.value.opening.value.isAgreed == false }

  /// Whether `Sec-WebSocket-Accept` answers the key (RFC 6455 §4.2.2); `nil` if not both were captured.
  package var acceptMatches: Bool? { facts.value.opening.value.acceptMatches }

  /// What `Sec-WebSocket-Accept` is or should be: it stands for the key, and both messages tell it.
  package var acceptToken: String? { facts.value.opening.value.acceptToken }

  /// Whether two handshakes are known and differ.
  package func hasOtherKey(than other: Leg) -> Bool {
    guard let token = acceptToken, let theirs = other.acceptToken else { return false }
    return token != theirs
  }

  /// Whether the capture holds the connection's beginning, and the snaplen cut its handshake.
  package var isHandshakeCut: Bool {
    connection.sawStart && isPickedUp && request == nil && (client.isTruncated || server.isTruncated)
  }

  /// Whether what follows on the streams is known to be frames.
  package var hasFrames: Bool { isPickedUp || facts.value.opening.value.isAgreed == true }

  /// Why it is not known how the leg goes on behind what was captured of it.
  var unfinished: UndeterminedReason { forgotten == nil ? .captureEnded : .limit }

  /// The earliest that is known of the leg.
  package var beginning: PacketReference {
    request?.packet ?? response?.packet ?? connection.openedAt
  }

  mutating func take(_ event: LegEvent) {
    switch event {
    case .responded(let response):
      self.response = response
      server.beginFrames(at: response.endOffset)
    case .frame(let frame): count(frame)
    case .close(let frame, _): take(event, of: frame.side)
    case .cut(let side, _, _), .lost(let side, _, _), .found(let side, _, _), .passed(let side, _):
      take(event, of: side)
    case .stream(.encapsulated(let first)): encapsulation = first
    case .stream(.proxied(let header, _, _)): proxied = header
    case .stream(.secured(let description)): tls = description
    case .stream(.closed(let reason)): forgotten = reason.limit
    case .stream(.acknowledged(let side, let upTo, let packet)): acknowledge(side, upTo: upTo, packet)
    case .stream(.record(let side, let record, let range, let packet)):
      if side == .client {
        sealed?.client.add(record, end: range.upperBound, packet)
      } else {
        sealed?.server.add(record, end: range.upperBound, packet)
      }
    case .stream(let inner):
      if let side = inner.side { take(event, of: side) }
      if case .ended(let side, _, _, let packet) = inner {
        if side == .client { server.notePeerEnd(packet) } else { client.notePeerEnd(packet) }
      }
    case .opened, .payload, .refuted: break
    }
  }

  mutating func count(_ frame: Frame) {
    if frame.side == .client { client.count(frame) } else { server.count(frame) }
  }

  mutating func count(_ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference) {
    if side == .client { client.count(frames, in: packet) } else { server.count(frames, in: packet) }
  }

  /// The peer has acknowledged everything below `upTo`.
  mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference) {
    if side == .client {
      client.acknowledge(upTo: upTo, packet)
      if isSealed { sealed?.client.acknowledge(upTo: upTo, packet) }
    } else {
      server.acknowledge(upTo: upTo, packet)
      if isSealed { sealed?.server.acknowledge(upTo: upTo, packet) }
    }
  }

  private mutating func take(_ event: LegEvent, of side: Side) {
    if side == .client { client.take(event) } else { server.take(event) }
  }
}
