extension Remedy {
  /// For a proxy that ends a WebSocket on which nothing is sent.
  static func idleTimer(_ proxy: ProxyKind) -> Remedy {
    let ping = "have the server send a Ping more often than that, every 30 s for instance"
    switch proxy {
    case .envoy:
      return Remedy(
        summary: "\(ping), or raise Envoy's stream_idle_timeout (and a route's idle_timeout, which"
          + " overrides it; for raw TCP tcp_proxy's idle_timeout); if the sessions are busy when they end,"
          + " look at max_stream_duration", paste: envoyIdle)
    case .nginx:
      return Remedy(
        summary: "\(ping), or raise nginx's proxy_read_timeout and proxy_send_timeout (60 s by default);"
          + " only what the server sends restarts proxy_read_timeout", paste: nginxIdle)
    case .haproxy:
      return Remedy(summary: "\(ping), or raise HAProxy's timeout tunnel", paste: haproxyTimeouts)
    case .awsLoadBalancer:
      return Remedy(
        summary: "\(ping), or raise the load balancer's idle timeout (ALB: idle_timeout.timeout_seconds,"
          + " 60 s by default; NLB: tcp.idle_timeout.seconds of a TCP listener, 350 s by"
          + " default)", paste: awsIdle)
    case .cloudflare:
      return Remedy(
        summary: "\(ping): Cloudflare's 100 s can be changed on Enterprise plans only", paste: pingInterval)
    case .unknown:
      return Remedy(
        summary: "\(ping), or raise the idle timer of the proxy (below for nginx, HAProxy, AWS and Envoy);"
          + " Cloudflare's 100 s can be changed on Enterprise plans only",
        paste: [pingInterval, nginxIdle, haproxyTimeouts, awsIdle, "# Envoy\n" + envoyIdle]
          .joined(separator: "\n\n"))
    }
  }

  private static let envoyIdle = EnvoyFilter.text(
    name: "stream-idle-timeout", fields: ["stream_idle_timeout: 3600s"])

  private static let nginxIdle = """
    # nginx: the WebSocket's location
    proxy_read_timeout 3600s;
    proxy_send_timeout 3600s;
    """

  private static let awsIdle = """
    # AWS ALB
    aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN \\
      --attributes Key=idle_timeout.timeout_seconds,Value=3600
    # AWS NLB, TCP listener
    aws elbv2 modify-listener-attributes --listener-arn ARN \\
      --attributes Key=tcp.idle_timeout.seconds,Value=3600
    """

  private static let pingInterval = """
    // node ws: a Ping every 30 s
    setInterval(() => { for (const socket of wss.clients) socket.ping(); }, 30_000);
    """
}
