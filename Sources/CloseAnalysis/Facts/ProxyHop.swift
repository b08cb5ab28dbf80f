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

  /// - Parameters:
  ///   - legs: those of the session.
  ///   - index: of the outer leg; the inner one follows it.
  ///   - account: what was counted to cross the outer leg, if that is encrypted.
  init(_ legs: [Leg], outer index: Int, _ account: ByteAccount?) {
    outer = legs[index]
    inner = legs[index + 1]
    rewritesClose = outer.closeDiffers(from: inner)
    if let account {
      passedOn =
        account.isExact
        ? Forwarding(leg: index, received: account.received, forwarded: account.forwarded) : nil
    } else {
      passedOn = rewritesClose ? nil : Self.passedOn(from: inner, to: outer, index)
    }
    forwarding = Self.forwarding(passedOn, on: outer)
  }

  /// What the proxy passed on, counted from a place that both of its legs have.
  private static func passedOn(from inner: Leg, to outer: Leg, _ index: Int) -> Forwarding? {
    guard let alignment = LegAlignment(outer, inner), outer.server.sentEnd >= alignment.outer,
      inner.server.sentEnd >= alignment.inner
    else { return nil }
    let received = inner.server.receivedEnd(before: outer.server.end?.packet)
    return Forwarding(
      leg: index, received: max(received, alignment.inner) - alignment.inner,
      forwarded: outer.server.sentEnd - alignment.outer)
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
  var name: String? { outer.proxyName }

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

  private static func forwarding(_ passedOn: Forwarding?, on leg: Leg) -> Forwarding? {
    guard let end = leg.server.end, var result = passedOn else { return nil }
    // A RST stands behind all that was sent, captured or not.
    let sentEnd = leg.server.sentEnd
    if !end.kind.isInOrder, end.offset > sentEnd { result.forwarded += end.offset - sentEnd }
    return result
  }
}

extension Leg {
  /// Whether a proxy sent its client another Close frame than it had got: it does not pass bytes on as they are.
  func closeDiffers(from inner: Leg) -> Bool {
    guard server.hasWholeClose, inner.server.hasWholeClose, let mine = server.close,
      let theirs = inner.server.close
    else { return false }
    return mine.frame.header.payloadLength != theirs.frame.header.payloadLength
      || mine.body.isComplete && theirs.body.isComplete && mine.body != theirs.body
  }
}

extension LegStream {
  /// How far the server's stream had come to the proxy when it ended either of its connections: what arrived later
  /// found nobody.
  ///
  /// - Parameter over: the end of its client's.
  fileprivate func receivedEnd(before over: PacketReference?) -> UInt64 {
    var end = dataEnd
    if let taken = acknowledgedAtPeerEnd { end = min(end, taken) }
    if let over { end = min(end, marks.firstOffset(after: over) ?? end) }
    return end
  }
}

extension Session {
  /// A WebSocket was agreed on, or picked up.
  var isWebSocket: Bool { client.hasFrames }
}
