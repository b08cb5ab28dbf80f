import Capture
import Streams
import WSDecode

/// Which of two hops of one WebSocket is nearer to the client, told without comparing their clocks.
enum HopOrder {
  /// Where `byAddress` tells nothing.
  static func isOutside(_ a: Leg, of b: Leg) -> Bool {
    // A proxy asks behind before it answers in front: the exchange takes longer there.
    if let isFirst = ClockSamples(hops: a, b).isFirstOuter { return isFirst }
    // What proxies add to a request and to a response is more the further it has come.
    let (ours, theirs) = (a.comesFromProxy, b.comesFromProxy)
    if a.request != nil, b.request != nil, ours != theirs { return theirs }
    let (name, other) = (a.proxyName, b.proxyName)
    if a.response != nil, b.response != nil, (name == nil) != (other == nil) { return name != nil }
    return a.beginning.precedes(b.beginning)
  }

  /// The proxy that answers on the outer leg asks on the inner one, and names the outer leg's client there.
  static func byAddress(_ a: Leg, _ b: Leg) -> Bool? {
    func isOuter(_ isBehind: (_ inner: Leg, _ outer: Leg) -> Bool) -> Bool? {
      let (isFirst, isSecond) = (isBehind(b, a), isBehind(a, b))
      return isFirst == isSecond ? nil : isFirst
    }
    return isOuter { isBehind($0.connection, $1.connection) } ?? isOuter { isForwarded($0, for: $1) }
  }

  private static func isBehind(_ inner: Connection, _ outer: Connection) -> Bool {
    inner.client.address == outer.server.address || isInside(inner, of: outer)
  }

  /// Whether the inner connection does not leave the host that the outer one comes to from outside, as that of a sidecar with
  /// its application.
  private static func isInside(_ inner: Connection, of outer: Connection) -> Bool {
    inner.client.address.isOfOneHost && !outer.client.address.isOfOneHost
      && inner.server.address == outer.server.address
  }

  /// Whether the inner leg names the outer one's client, which the outer one does not.
  static func isForwarded(_ inner: Leg, for outer: Leg) -> Bool {
    let client = outer.connection.client.address
    return inner.isForwarded(for: client) && !outer.isForwarded(for: client)
  }
}
