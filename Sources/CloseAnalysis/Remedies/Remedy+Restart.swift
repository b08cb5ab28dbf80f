extension Remedy {
  /// For a proxy that ended all its connections: its process stopped.
  static func restart(_ proxy: ProxyKind) -> Remedy {
    let look = "look for a restart, a rollout or an eviction of the proxy at that time"
    let server =
      "have the server send Close frames before the proxy stops, and the clients reconnect after a random"
      + " delay"
    switch proxy {
    case .envoy:
      return Remedy(
        summary: "\(look); let an Istio proxy wait for its connections to end; \(server)", paste: istioDrain)
    case .nginx:
      return Remedy(
        summary: "\(look), and at worker_shutdown_timeout, after which a reload ends old connections;"
          + " \(server)")
    case .haproxy:
      return Remedy(
        summary: "\(look), and at hard-stop-after, after which a reload ends old connections; \(server)")
    case .awsLoadBalancer, .cloudflare, .unknown:
      return Remedy(summary: "\(look); \(server)")
    }
  }

  private static let istioDrain = """
    # the pod template of the workload or of the gateway
    spec:
      template:
        metadata:
          annotations:
            proxy.istio.io/config: |
              terminationDrainDuration: 60s
              proxyMetadata:
                EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true"
        spec:
          terminationGracePeriodSeconds: 90
    """

  /// For a server that ends without a Close frame.
  static let closeOnShutdown = Remedy(
    summary: "have the server call close() on every WebSocket and wait for the replies before it exits;"
      + " look for crashes, restarts and calls of terminate() at that time",
    paste: """
      // node ws
      process.on("SIGTERM", () => {
        for (const socket of wss.clients) socket.close(1001, "restart");
        wss.close(() => process.exit(0));
        setTimeout(() => process.exit(1), 10_000).unref();
      });
      """)
}
