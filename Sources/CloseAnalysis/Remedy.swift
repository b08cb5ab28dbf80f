/// What can be changed, in a line and, where there is something to paste, in full.
package struct Remedy: Hashable, Sendable {
  package var summary: String
  package var paste: String?
}

extension Remedy {
  /// The setting that ends or lengthens Envoy's wait between the end of the upstream and that of the client.
  static let delayedCloseTimeout = Remedy(
    summary: """
      set delayed_close_timeout: 0s on the HTTP connection manager of every Envoy on the way (EnvoyFilter); \
      0s never disconnects a client that never reads again: where that is a risk, take a larger value such \
      as 5s
      """,
    paste: """
      apiVersion: networking.istio.io/v1alpha3
      kind: EnvoyFilter
      metadata:
        name: delayed-close-timeout
        namespace: istio-system  # the whole mesh; for one workload its namespace and a workloadSelector
      spec:
        configPatches:
          - applyTo: NETWORK_FILTER
            match:
              listener:
                filterChain:
                  filter:
                    name: envoy.filters.network.http_connection_manager
            patch:
              operation: MERGE
              value:
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  delayed_close_timeout: 0s
      """)

  /// - Parameter proxy: the name by which the proxy calls itself, if it does.
  static func flushBeforeClose(_ proxy: String?) -> Remedy {
    switch proxy {
    case "Envoy": delayedCloseTimeout
    case let name?:
      Remedy(summary: "have \(name) send what it holds before it ends a client whose upstream has ended")
    case nil:
      Remedy(
        summary: "if the proxy is Envoy or an Istio sidecar, " + delayedCloseTimeout.summary,
        paste: delayedCloseTimeout.paste)
    }
  }
}
