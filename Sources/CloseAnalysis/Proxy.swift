import WSDecode

/// What a handshake tells about proxies on the way.
package enum Proxy {
  /// The name by which the sender of a response calls itself, if that is a proxy's.
  package static func name(in response: UpgradeResponse?) -> String? {
    guard let server = response?.server?.lowercased() else { return nil }
    return names.first { server.contains($0.pattern) }?.name
  }

  /// Why a leg's client is known to be a proxy and not the client itself.
  package static func evidence(in request: UpgradeRequest?) -> String? {
    request?.proxyField.map(evidence)
  }

  static func evidence(of field: String) -> String { "the request carries \(field)" }

  private static let names: [(pattern: String, name: String)] = [
    ("envoy", "Envoy"), ("nginx", "nginx"), ("haproxy", "HAProxy"), ("traefik", "Traefik"),
    ("cloudflare", "Cloudflare"), ("awselb", "AWS load balancer"),
  ]
}
