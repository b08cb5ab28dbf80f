import Capture
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

  private static let names: [(pattern: String, name: String)] = [
    ("envoy", "Envoy"), ("nginx", "nginx"), ("haproxy", "HAProxy"), ("traefik", "Traefik"),
    ("cloudflare", "Cloudflare"), ("awselb", "AWS load balancer"),
  ]
}

extension Leg {
  /// The name by which what answered its request calls itself, if that is a proxy's.
  package var proxyName: String? { (response?.server).flatMap { Proxy.name($0) } }

  /// Whether something tells that its client is a proxy and not the client itself.
  var comesFromProxy: Bool { proxyField != nil || proxied?.isLocal == false }

  /// What tells it.
  var proxyEvidence: String? {
    if let field = proxyField { return "the request carries " + field }
    guard let proxied, !proxied.isLocal else { return nil }
    return "the connection begins with a PROXY header" + (proxied.source.map { " for \($0)" } ?? "")
  }

  /// Whether its client, a proxy, says that it was asked from that address.
  func isForwarded(for client: IPAddress) -> Bool {
    request?.forwardedFor.contains(client) == true || proxied?.source?.address == client
  }

  /// Whether its client, a proxy, says from where it was asked.
  var namesClient: Bool { request?.forwardedFor.isEmpty == false || proxied?.source != nil }
}
