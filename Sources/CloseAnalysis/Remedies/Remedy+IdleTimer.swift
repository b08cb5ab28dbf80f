extension Remedy {
  /// For a proxy that ends a WebSocket on which nothing is sent.
  ///
  /// - Parameter silence: seconds after which it did, if that is known.
  static func idleTimer(_ proxy: ProxyKind, after silence: Double? = nil) -> Remedy {
    let interval = silence.map { $0 >= 60 ? "every 30 s" : half($0) } ?? "every 30 s"
    let ping = "have the server send a Ping more often than that, \(interval) for instance"
    switch proxy {
    case .envoy:
      return Remedy(
        summary: "\(ping), or switch off what ends silent streams: stream_idle_timeout (300 s by default in a"
          + " plain Envoy; Istio has it off, so look there for an EnvoyFilter that sets it), a route's"
          + " idle_timeout, which overrides it, and for raw TCP tcp_proxy's idle_timeout; the risk: with 0s a"
          + " silent stream stays until TCP ends it; the alternative is a value above the longest silence",
        paste: envoyIdle)
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

  private static func half(_ seconds: Double) -> String {
    let tenths = (seconds * 5).rounded()
    return tenths >= 10 ? "every \(Int(tenths / 10)) s" : "every \(Wording.duration(tenths / 10))"
  }

  /// For a proxy that ends a busy WebSocket when its time is over.
  static func maximumDuration(_ proxy: ProxyKind) -> Remedy {
    switch proxy {
    case .envoy:
      return Remedy(
        summary:
          "look for max_stream_duration in the connection manager's common_http_protocol_options, in the"
          + " route and in the cluster, and for an EnvoyFilter that sets it: 0s, its default, switches it off; the risk:"
          + " streams may then live for ever; the alternative is a client that reconnects, and a server that"
          + " closes with 1001 in time",
        paste: EnvoyFilter.text(
          name: "max-stream-duration",
          fields: ["common_http_protocol_options:", "  max_stream_duration: 0s"]))
    default:
      return Remedy(
        summary:
          "look for a maximum duration of connections in the proxy's settings, and for a restart of it at"
          + " that time")
    }
  }

  /// 0s is what Istio sets itself: a value would cut every silent stream of the mesh.
  private static let envoyIdle = EnvoyFilter.text(
    name: "stream-idle-timeout", fields: ["stream_idle_timeout: 0s"])

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
