/// Request fields that proxies add and clients do not: one of them tells that a proxy sent the request.
///
/// Fields that applications write themselves (`x-request-id`, `traceparent`, `b3`) tell nothing.
enum ProxyFields {
  /// The strongest first.
  private static let names = [
    "x-forwarded-for", "forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip",
    "x-amzn-trace-id", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-server",
    "x-forwarded-client-cert", "x-original-forwarded-for", "x-client-ip", "x-cluster-client-ip",
    "fastly-client-ip", "x-azure-clientip", "x-azure-socketip", "x-appengine-remote-addr", "cf-ray",
    "cdn-loop",
  ]
  /// Envoy's own: a sidecar that appends no x-forwarded-for, as Istio's do not, still writes some of them.
  private static let envoyPrefix = "x-envoy-"

  /// The name of the first of them that a request has, in lower case.
  static func first(in fields: some HeaderFields) -> String? {
    names.first { fields.contains($0) } ?? fields.firstName(withPrefix: envoyPrefix)
  }
}
