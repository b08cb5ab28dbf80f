extension CodeExplanation {
  private static let either = "Either side."
  private static let reported =
    "Nobody: it is what an API reports to its own program, to tell that something is missing."

  package static let registered = [
    CodeExplanation(
      1000, "all is done", sender: either,
      cause: "The program called close(1000): the work is finished, the user logged"
        + " out.", action: "Nothing."),
    CodeExplanation(
      1001, "one side goes away", sender: either,
      cause: """
        A server that shuts down or is redeployed, a server that ends idle sessions, or a browser whose \
        page is left: Chromium and Firefox send it when they navigate away.
        """,
      action: "On the client: connect again after a random delay, so that not all come back at once."),
    CodeExplanation(
      1002, "the other side broke the protocol", sender: either,
      cause: """
        A frame that RFC 6455 forbids: a wrong mask, a reserved bit without an agreed extension, a \
        fragmented control frame, an invalid Close frame (clients answer one with 1002). A proxy that \
        alters the stream is possible, but rare.
        """,
      action: "Look at the frames before it with wsclose frames, and see the rule invalid-close."),
    CodeExplanation(
      1003, "a type of data that this side does not take", sender: either,
      cause: "A binary message to a program that takes only text, or the reverse.",
      action: "Compare what is sent with what the other side expects."),
    CodeExplanation(
      1004, "reserved, without a meaning yet", sender: "Nobody.", cause: "A program that uses it by mistake.",
      action: "Use another code."),
    CodeExplanation(
      1005, "a Close frame without a code came", sender: reported,
      cause: "The other side called close() without a code: its Close frame has no body. That is a clean"
        + " close.",
      action: "If the reason matters, have the other side call close(code, reason)."),
    CodeExplanation(
      1006, "the connection ended, and no valid Close frame came", sender: reported,
      cause: """
        TCP ended before a Close frame arrived: the server or a proxy ended without one (process exit, \
        terminate(), idle timer, restart), the proxy discarded it, or the network broke. Also: the upgrade \
        was refused or answered with a wrong Sec-WebSocket-Accept, the Close frame was invalid, or an old Chromium waited 2 s for the end of TCP after a \
        proper Close. The client cannot tell these apart; a capture can.
        """,
      action: """
        Capture at the proxy or in its pod and run wsclose on it. The rules upgrade-refused, bad-accept, \
        delayed-close-drop, no-close-from-server, no-close-from-proxy, idle-timeout, mass-teardown, \
        invalid-close and late-teardown tell the causes.
        """),
    CodeExplanation(
      1007, "data that does not fit its type", sender: either,
      cause: "A text message that is not UTF-8: bytes sent as text, or a text cut in the middle of a"
        + " character.",
      action: "Send bytes as binary messages, or encode them."),
    CodeExplanation(
      1008, "against this side's policy", sender: either,
      cause: "A generic refusal: not authorised, Origin not allowed, too many messages, a token that has"
        + " expired.",
      action: "Look at the reason and at the log of the side that sent it."),
    CodeExplanation(
      1009, "a message too big to process", sender: either,
      cause: "A message above the receiver's limit (maxPayload of node's ws, max_size of Python's"
        + " websockets).",
      action: "Raise the limit, or send smaller messages. Fragments do not help: the limit is on the whole"
        + " message."),
    CodeExplanation(
      1010, "the server did not agree to an extension", sender: "The client only.",
      cause: "The client needs an extension that the server's 101 does not name.",
      action: "Compare Sec-WebSocket-Extensions in the request and in the 101: a proxy may have removed it."),
    CodeExplanation(
      1011, "the server met an error", sender: "The server; some libraries' clients as well.",
      cause: """
        An exception in the server's handler. Python's websockets sends it also when the answer to a Ping \
        does not come in time (reason "keepalive ping timeout").
        """,
      action: "Look at the server's log at that time."),
    CodeExplanation(
      1012, "the service restarts", sender: "The server.",
      cause: "A restart or a redeployment that was planned.",
      action: "On the client: connect again after a random delay of some seconds."),
    CodeExplanation(
      1013, "try again later", sender: "The server.", cause: "An overloaded server that gets rid of clients.",
      action: "On the client: connect again later, with a delay that grows."),
    CodeExplanation(
      1014, "a gateway got no valid answer from behind", sender: "A server that is a gateway to another one.",
      cause: """
        The WebSocket's counterpart of HTTP's 502: the server behind the gateway failed. Proxies that only \
        pass bytes on (Envoy, nginx, HAProxy) send no Close frames and so never this one.
        """,
      action: "Look at the server behind the gateway."),
    CodeExplanation(
      1015, "TLS failed", sender: reported,
      cause: "The TLS handshake failed: certificate, name, protocol version. Browsers report 1006 instead.",
      action: "Try the same address with openssl s_client or curl -v."),
    CodeExplanation(
      3000, "not authorised", sender: "The server.",
      cause: "The client must authenticate first; the WebSocket's counterpart of HTTP's 401.",
      action: "Check the credentials or the token."),
    CodeExplanation(
      3003, "not allowed", sender: "The server.",
      cause: "The client is known and may not do this; the WebSocket's counterpart of HTTP's 403.",
      action: "Check the client's rights."),
    CodeExplanation(
      3008, "took too long", sender: "The server.",
      cause: "The client did not do in time what was expected of it; the WebSocket's counterpart of HTTP's"
        + " 408.",
      action: "Look at what the client should have sent, and when."),
  ]
}
