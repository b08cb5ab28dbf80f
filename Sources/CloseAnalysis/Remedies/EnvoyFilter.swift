/// Settings of Envoy's HTTP connection manager, as Istio takes them.
enum EnvoyFilter {
  /// An EnvoyFilter that sets fields of every HTTP connection manager: of the whole mesh, or of one workload.
  ///
  /// - Parameter fields: lines of YAML.
  static func text(name: String, fields: [String]) -> String {
    """
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata:
      name: \(name)
      namespace: istio-system  # the whole mesh, gateways too; for one workload its own namespace, and:
    spec:
      # workloadSelector:
      #   labels:
      #     app: YOUR-APP
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

    """ + fields.map { "            " + $0 }.joined(separator: "\n")
  }
}
