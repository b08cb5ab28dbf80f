import WSDecode

/// What a handshake tells about proxies on the way.
enum Proxy {
  /// The name by which the sender of a response calls itself, if that is a proxy's.
  ///
  /// - Parameter server: the response's `Server` field.
  fileprivate static func name(_ server: String) -> String? {
    let server = server.lowercased()
    return names.first { server.contains($0.pattern) }?.name
  }

  /// Why a leg's client is known to be a proxy and not the client itself.
  static func evidence(of field: String) -> String { "the request carries \(field)" }

  private static let names: [(pattern: String, name: String)] = [
    ("envoy", "Envoy"), ("nginx", "nginx"), ("haproxy", "HAProxy"), ("traefik", "Traefik"),
    ("cloudflare", "Cloudflare"), ("awselb", "AWS load balancer"),
  ]
}

extension Leg {
  /// The name by which what answered its request calls itself, if that is a proxy's.
  package var proxyName: String? { (response?.server).flatMap { Proxy.name($0) } }
}
