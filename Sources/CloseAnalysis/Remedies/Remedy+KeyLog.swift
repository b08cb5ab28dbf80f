/// For legs that TLS hides.
extension Remedy {
  static let keyLog = Remedy(
    summary: "have the proxy write its TLS keys while you capture (EnvoyFilter), and give them with --keylog;"
      + " a key log opens all of that traffic: keep it to yourself, and delete it",
    paste: """
      apiVersion: networking.istio.io/v1alpha3
      kind: EnvoyFilter
      metadata:
        name: key-log
        namespace: YOUR-NAMESPACE
      spec:
        workloadSelector:
          labels:
            app: YOUR-APP
        configPatches:
          - applyTo: FILTER_CHAIN
            match:
              context: SIDECAR_INBOUND
              listener:
                filterChain:
                  transportProtocol: tls
            patch:
              operation: MERGE
              value:
                transport_socket:
                  name: envoy.transport_sockets.tls
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                    common_tls_context:
                      key_log:
                        path: /tmp/keys.log
      """)

  static let openableSuite = Remedy(
    summary: "have the two ends of that leg agree on another cipher suite while you capture, AES-GCM or"
      + " ChaCha20-Poly1305, with TLS 1.3 or with ECDHE and TLS 1.2, and give its keys with --keylog")
}
