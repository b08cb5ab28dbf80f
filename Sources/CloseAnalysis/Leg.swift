import Capture
import TCPReassembly
import WSDecode

/// What a capture shows of one hop of a WebSocket.
package struct Leg: Sendable {
  package var id: LegID
  package var connection: Connection
  package var request: UpgradeRequest?
  package var response: UpgradeResponse?
  /// What the client sent.
  package var client = LegStream(side: .client)
  /// What was sent toward the client.
  package var server = LegStream(side: .server)

  package init(id: LegID, opening: LegOpening) {
    self.id = id
    connection = opening.connection
    request = opening.request
    if let request { client.beginFrames(at: request.endOffset) }
  }

  package subscript(side: Side) -> LegStream { side == .client ? client : server }

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

  package var isRefused: Bool { response.map { !$0.isSwitchingProtocols } ?? false }

  /// Whether `Sec-WebSocket-Accept` answers the key (RFC 6455 §4.2.2); `nil` if not both were captured.
  package var acceptMatches: Bool? {
    guard let key = request?.key, let response else { return nil }
    return response.accept == UpgradeResponse.accept(for: key)
  }

  /// Bytes toward the client behind the handshake; `nil` if the handshake's end is not known.
  package var serverBytes: UInt64? {
    guard let response, response.isSwitchingProtocols, server.sentEnd >= response.endOffset else {
      return nil
    }
    return server.sentEnd - response.endOffset
  }

  /// Where bytes of another leg lie on this one: proxies pass what follows the handshake unchanged.
  package func offset(of offset: UInt64, on other: Leg) -> UInt64? {
    guard let here = response?.endOffset, let there = other.response?.endOffset, offset >= there
    else { return nil }
    return here + (offset - there)
  }

  mutating func take(_ event: LegEvent) {
    switch event {
    case .responded(let response):
      self.response = response
      server.beginFrames(at: response.endOffset)
    case .frame(let frame): take(event, of: frame.side)
    case .close(let frame, _): take(event, of: frame.side)
    case .cut(let side, _, _), .lost(let side, _, _), .found(let side, _, _): take(event, of: side)
    case .stream(let inner):
      if let side = inner.side { take(event, of: side) }
    case .opened: break
    }
  }

  private mutating func take(_ event: LegEvent, of side: Side) {
    if side == .client { client.take(event) } else { server.take(event) }
  }
}
