/// Request fields that proxies add and clients do not: one of them tells that a proxy sent the request.
///
/// Fields that applications write themselves (`x-request-id`, `traceparent`, `b3`) tell nothing.
enum ProxyFields {
  /// The strongest first.
  private static let names: [FieldName] = [
    .forwardedFor, .forwarded, .via, .realIP, .cfConnectingIP, .trueClientIP, .amazonTraceID, .forwardedProto,
    .forwardedHost, .forwardedPort, .forwardedServer, .forwardedClientCert, .originalForwardedFor, .clientIP,
    .clusterClientIP, .fastlyClientIP, .azureClientIP, .azureSocketIP, .appEngineRemoteAddress, .cfRay,
    .cdnLoop,
  ]

  /// The name of the first of them that a request has, in lower case. A sidecar of Envoy that appends no
  /// x-forwarded-for, as Istio's do not, still writes some of its own.
  static func first(in fields: some HeaderFields) -> String? {
    names.first { fields.contains($0) }?.text ?? fields.envoyName
  }
}
