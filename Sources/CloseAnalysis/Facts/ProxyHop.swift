import Capture
import Streams
import WSDecode

/// A proxy between two captured legs of a session: what came to it on the inner leg, and what it sent on
/// the outer one.
struct ProxyHop {
  let outer: Leg
  let inner: Leg
  /// Bytes toward the client; `nil` if the two legs cannot be compared.
  let passedOn: Forwarding?
  /// The same when the outer leg has ended; `nil` also if it has no end toward the client: what was not forwarded
  /// cannot be told then.
  let forwarding: Forwarding?
  /// The proxy sent another Close frame than it had got.
  let rewritesClose: Bool

  /// - Parameter index: of the outer leg; the inner one follows it.
  init(_ session: Session, outer index: Int) {
    outer = session.legs[index]
    inner = session.legs[index + 1]
    passedOn = session.passedOn(to: index)
    forwarding = Self.forwarding(passedOn, on: outer.server)
    rewritesClose = session.closesDiffer(index, index + 1)
  }

  /// Envoy's `delayed_close_timeout` is 1.0 s by default.
  static let leastDelayedClose = 0.9

  /// Whether a timer that starts with the upstream's end can have ended the client's connection: none is that short
  /// unless somebody set it so, and a closed window shows that one was waited for.
  var mayBeDelayedClose: Bool {
    guard let upstream = upstreamEnd, let end = downstreamEnd else { return true }
    return outer.server.windowClosed != nil
      || end.packet.time.seconds(since: upstream.packet.time) >= Self.leastDelayedClose
  }

  /// The name by which the proxy calls itself, if it does.
  var name: String? { Proxy.name(in: outer.response) }

  /// `the Envoy proxy at 10.9.2.2`
  var label: String { "\(PartyLabel.proxy(name)) at \(outer.connection.server.address)" }

  /// The end of the inner leg, if what is behind the proxy ended it first.
  var upstreamEnd: SeenEnd? { inner.ending(by: .server) }

  /// How the proxy ended the outer leg, if it did that before the client's side.
  var downstreamEnd: SeenEnd? { outer.ending(by: .server) }

  /// The client's side ended the outer leg before the proxy did: what the proxy did not forward then is not
  /// its fault.
  var clientEndedFirst: Bool { outer.ending?.side == .client }

  var dropped: UInt64 { forwarding?.dropped ?? 0 }

  private static func forwarding(_ passedOn: Forwarding?, on stream: LegStream) -> Forwarding? {
    guard let end = stream.end, var result = passedOn else { return nil }
    // A RST stands behind all that was sent, captured or not.
    if !end.kind.isInOrder, end.offset > stream.sentEnd { result.forwarded += end.offset - stream.sentEnd }
    return result
  }
}

extension Session {
  /// A WebSocket was agreed on, or picked up.
  var isWebSocket: Bool { client.hasFrames }
}
