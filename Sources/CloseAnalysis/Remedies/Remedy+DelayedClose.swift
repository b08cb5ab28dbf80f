extension Remedy {
  /// For a proxy that discards what it had not sent when its upstream ended.
  static func flushBeforeClose(_ proxy: ProxyKind) -> Remedy {
    switch proxy {
    case .envoy: delayedCloseForSlowClients
    case .nginx:
      Remedy(
        summary: "raise send_timeout (60 s by default) above the longest time that a client does not read",
        paste: "# nginx: http, server or location\nsend_timeout 300s;")
    case .haproxy:
      Remedy(
        summary: "raise timeout tunnel and timeout client-fin above the longest time that a client does"
          + " not read",
        paste: haproxyTimeouts)
    case .awsLoadBalancer, .cloudflare, .unknown:
      Remedy(
        summary: "if the proxy is Envoy or an Istio sidecar, " + delayedCloseForSlowClients.summary
          + "; another proxy: raise the time that it gives to clients which do not read",
        paste: delayedCloseForSlowClients.paste)
    }
  }

  /// For a proxy that ended both sides by itself and discarded what it held.
  static func endedWhileSending(_ proxy: ProxyKind) -> Remedy {
    switch proxy {
    case .envoy: restart(.envoy)
    case .nginx, .haproxy: flushBeforeClose(proxy)
    case .awsLoadBalancer, .cloudflare, .unknown:
      Remedy(
        summary: "look for a restart of the proxy at that time, and for a timer of its own that fires while a"
          + " client does not read (HAProxy: timeout tunnel and timeout client-fin)", paste: haproxyTimeouts)
    }
  }

  /// For a proxy that keeps the client's connection open when all has been sent.
  static func endAtOnce(_ proxy: ProxyKind) -> Remedy {
    switch proxy {
    case .envoy: delayedCloseForPromptEnd
    case .nginx, .haproxy, .awsLoadBalancer, .cloudflare:
      Remedy(summary: "have the proxy end the client's connection when its upstream has ended")
    case .unknown:
      Remedy(
        summary: "if the proxy is Envoy or an Istio sidecar, " + delayedCloseForPromptEnd.summary,
        paste: delayedCloseForPromptEnd.paste)
    }
  }

  private static let everyEnvoy =
    "set delayed_close_timeout: 0s on the HTTP connection manager of every Envoy on the way (EnvoyFilter); "

  private static let delayedCloseForSlowClients = Remedy(
    summary: everyEnvoy
      + "the risk: with 0s a client that never reads again is never disconnected; where that can happen,"
      + " take a value above the longest stall instead, such as 5s",
    paste: delayedClose("0s  # or 5s: with 0s a client that never reads again is never disconnected"))

  private static let delayedCloseForPromptEnd = Remedy(
    summary: everyEnvoy
      + "the risk: with 0s a client that never reads again is never disconnected; the alternative is to"
      + " leave the delay and require Chromium 108 or later, as a shorter delay drops data of slow clients",
    paste: delayedClose("0s  # the risk: a client that never reads again is never disconnected"))

  private static func delayedClose(_ value: String) -> String {
    EnvoyFilter.text(name: "delayed-close-timeout", fields: ["delayed_close_timeout: \(value)"])
  }

  static let haproxyTimeouts = """
    # HAProxy: defaults or backend
    timeout tunnel 1h
    # HAProxy: defaults or frontend
    timeout client-fin 30s
    """
}
