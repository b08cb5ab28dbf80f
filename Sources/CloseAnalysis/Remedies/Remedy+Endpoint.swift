import WSDecode

/// For programs at the ends of a WebSocket.
extension Remedy {
  static let waitForReply = Remedy(
    summary: "have the server wait for the client's Close frame, a few seconds at most, before it ends"
      + " TCP: call the library's close() and do not end or destroy the socket behind it")

  static let endTCP = Remedy(
    summary: "have the server end TCP as soon as both Close frames have passed (RFC 6455 §7.1.1)")

  static let noReset = Remedy(
    summary: "have the server read what the client sent until the client's Close frame, and end TCP then:"
      + " closing a socket with unread data, or with SO_LINGER 0, resets the connection, and a RST"
      + " discards what the receiver has not taken yet")

  static let answerClose = Remedy(
    summary: "have the server answer a Close frame with one of its own before it ends TCP (RFC 6455"
      + " §5.5.1); libraries do it by themselves unless the program ends the socket first")

  static let validClose = Remedy(
    summary: "close with a code that may be sent (1000 to 1003, 1007 to 1014, 3000 to 4999), a reason of"
      + " at most 123 bytes of valid UTF-8, in one frame without RSV bits, and send nothing behind it")

  static let validAccept = Remedy(
    summary: "have what answers the upgrade compute Sec-WebSocket-Accept from the Sec-WebSocket-Key of this"
      + " very request (RFC 6455 §4.2.2), and have nothing between change either of them")

  static let findDeadClients = Remedy(
    summary: "look at the client's network; have the server send Pings, 30 s apart for instance, and end a"
      + " connection whose Pong does not come, so that dead clients are found before they matter")

  static let lookAtClient = Remedy(
    summary: "nothing, if the client was meant to leave; if not, look at the client's log at that time, and"
      + " if a proxy stands in its place capture in front of that proxy")

  static let finishClose = Remedy(
    summary: "have the server call the library's close() and let it end TCP: the socket was ended while the"
      + " Close frame was being sent")

  static let keepCode = Remedy(
    summary: "find what ends WebSockets itself between these legs: a proxy that passes frames on must not"
      + " write its own Close frame")

  static let readFaster = Remedy(
    summary: "find what keeps the client from reading (a busy event loop, a paused tab, a slow link), or"
      + " have the server send less at once and watch bufferedAmount before it closes")
}

/// For an upgrade that was refused.
extension Remedy {
  static func upgrade(_ status: Int?, _ proxy: ProxyKind) -> Remedy {
    switch status {
    case 401?:
      return Remedy(summary: "check the credentials that the client sends with the upgrade request")
    case 403?:
      return Remedy(
        summary: "check credentials and the Origin that the server allows; Envoy answers 403 as well where"
          + " upgrade_configs does not name websocket (Istio's default does)")
    case 404?, 405?:
      return Remedy(
        summary: "check the path and how the proxies on the way route it; a server that does not see the"
          + " upgrade headers answers like this, too", paste: proxy == .envoy ? nil : nginxUpgrade)
    case 400?, 426?, 200?:
      return Remedy(
        summary: "check that Upgrade, Connection and Sec-WebSocket-Version: 13 reach the server: proxies"
          + " remove them unless told to pass them on", paste: proxy == .envoy ? nil : nginxUpgrade)
    case (300..<400)?:
      return Remedy(summary: "have the client use the address of the redirect: browsers do not follow one")
    case (500..<600)?:
      return Remedy(summary: "look at the logs of the server and of the proxies for this request")
    default: return Remedy(summary: "look at the logs of the server and of the proxies for this request")
    }
  }

  private static let nginxUpgrade = """
    # nginx: the WebSocket's location
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    """
}
