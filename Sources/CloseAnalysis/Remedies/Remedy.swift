/// What can be changed, in a line and, where there is something to paste, in full.
package struct Remedy: Hashable, Sendable {
  /// Without a full stop.
  package var summary: String
  package var paste: String?

  init(summary: String, paste: String? = nil) {
    self.summary = summary
    self.paste = paste
  }
}

/// The proxies whose settings are known.
enum ProxyKind: CaseIterable {
  case envoy, nginx, haproxy, awsLoadBalancer, cloudflare, unknown

  /// - Parameter name: as `Proxy.name` has it.
  init(_ name: String?) {
    switch name {
    case "Envoy": self = .envoy
    case "nginx": self = .nginx
    case "HAProxy": self = .haproxy
    case "AWS load balancer": self = .awsLoadBalancer
    case "Cloudflare": self = .cloudflare
    default: self = .unknown
    }
  }
}
