"""The configuration of the two Envoys: only what a WebSocket needs, everything else at its default."""

import json

from .clients import PAGE_PORT
from .network import APP_PORT, SIDECAR_PORT, TUNNEL_PORT

ADMIN_PORT = 15000

TYPE = "type.googleapis.com/envoy.extensions."
MANAGER = f"{TYPE}filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = f"{TYPE}filters.http.router.v3.Router"
TCP_PROXY = f"{TYPE}filters.network.tcp_proxy.v3.TcpProxy"
HTTP_OPTIONS = f"{TYPE}upstreams.http.v3.HttpProtocolOptions"
INTERNAL_LISTENER = f"{TYPE}bootstrap.internal_listener.v3.InternalListener"

# What Istio's proxies offer each other, and what they choose from.
MESH_ALPN = {False: ["istio-http/1.1", "istio", "http/1.1"], True: ["istio-h2", "istio", "h2"]}

# An extended CONNECT has no such key, Envoy makes none of it, and a server refuses the upgrade without one. Operators
# help themselves with this one, the example of RFC 6455: all WebSockets then have the same.
KEY = {"key": "sec-websocket-key", "value": "dGhlIHNhbXBsZSBub25jZQ=="}


def gateway(scenario, settings, folder):
    """The edge: tells the app who the client is (x-forwarded-for), as an ingress gateway does."""
    outer, middle, addresses = scenario.outer, scenario.middle, scenario.addresses
    listener = http_listener("gateway", addresses.every, scenario.gateway_port, outer, "edge", folder,
                             {"use_remote_address": True, **settings})
    app = cluster("app", socket_address(addresses.pod, APP_PORT))
    if not middle.tunnel:
        speak(app, middle, "gateway", folder)
        return limited(scenario, configuration([listener], [app, page()]))
    # As in Istio's ambient mode: what goes to the app passes through a listener inside of Envoy, which wraps it.
    app = cluster("app", {"envoy_internal_address": {"server_listener_name": "wrap"}})
    tunnel = cluster("tunnel", socket_address(addresses.pod, TUNNEL_PORT))
    speak(tunnel, middle, "gateway", folder)
    wrap = {"name": "wrap", "internal_listener": {}, "filter_chains": [{"filters": [
        {"name": "envoy.filters.network.tcp_proxy", "typed_config": {
            "@type": TCP_PROXY, "stat_prefix": "wrap", "cluster": "tunnel",
            "tunneling_config": {"hostname": f"{addresses.pod}:{APP_PORT}"}}}]}]}
    return {**configuration([listener, wrap], [app, tunnel, page()]), "bootstrap_extensions": [
        {"name": "envoy.bootstrap.internal_listener", "typed_config": {"@type": INTERNAL_LISTENER}}]}


def sidecar(scenario, settings, folder):
    """In the pod: reaches the app from 127.0.0.6, as Istio's inbound listener does."""
    addresses, middle = scenario.addresses, scenario.middle
    listener = http_listener("sidecar", addresses.every, TUNNEL_PORT if middle.tunnel else SIDECAR_PORT, middle,
                             "sidecar", folder, settings)
    app = cluster("app", socket_address(addresses.pod, APP_PORT))
    app["upstream_bind_config"] = {"source_address": {"address": addresses.sidecar, "port_value": 0}}
    return configuration([listener], [app])


def limited(scenario, configuration):
    """With less room for each connection, if the scenario says so."""
    if scenario.gateway_buffer:
        for each in sum(configuration["static_resources"].values(), []):
            each["per_connection_buffer_limit_bytes"] = scenario.gateway_buffer
    return configuration


def configuration(listeners, clusters):
    return {"admin": {"address": socket_address("127.0.0.1", ADMIN_PORT)},
            "static_resources": {"listeners": listeners, "clusters": clusters}}


def http_listener(name, address, port, transport, certificate, folder, settings):
    # The default of 15 s would end every WebSocket that is older.
    route = {"match": {"prefix": "/"}, "route": {"cluster": "app", "timeout": "0s"}}
    upgrade = "websocket"
    if transport.tunnel:
        upgrade = "CONNECT"
        route["match"] = {"connect_matcher": {}}
        route["route"]["upgrade_configs"] = [{"upgrade_type": "CONNECT", "connect_config": {}}]
    routes = [route]
    if name == "gateway" and transport.http2:  # a browser uses HTTP/2 for a WebSocket where it already does for a page
        route["match"]["prefix"] = "/feed"
        route["request_headers_to_add"] = [{"header": KEY, "append_action": "ADD_IF_ABSENT"}]
        routes.append({"match": {"prefix": "/"}, "route": {"cluster": "page"}})
    manager = {
        "@type": MANAGER,
        "stat_prefix": name,
        "upgrade_configs": [{"upgrade_type": upgrade}],
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        **({"http2_protocol_options": http2(transport)} if transport.http2 else {}),
        **settings,
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    if transport.tls:
        chain["transport_socket"] = tls("DownstreamTlsContext", transport, certificate, folder, {
            "alpn_protocols": ["h2", "http/1.1"] if transport.http2 else ["http/1.1"]})
    return {"name": name, "address": socket_address(address, port), "filter_chains": [chain]}


def cluster(name, address):
    return {"name": name, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
        {"endpoint": {"address": address}}]}]}}


def page():
    """The server of the page that a browser loads through the gateway."""
    return cluster("page", socket_address("127.0.0.1", PAGE_PORT))


def speak(cluster, transport, certificate, folder):
    """Lets a cluster speak HTTP/2 or TLS."""
    if transport.http2:
        cluster["typed_extension_protocol_options"] = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": HTTP_OPTIONS, "explicit_http_config": {"http2_protocol_options": http2(transport)}}}
    if transport.tls:
        cluster["transport_socket"] = tls("UpstreamTlsContext", transport, certificate, folder, {
            "alpn_protocols": ["h2"] if transport.tunnel else MESH_ALPN[transport.http2]})


def http2(transport):
    window = {"initial_stream_window_size": transport.window} if transport.window else {}
    return {"allow_connect": True, **window}


def tls(context, transport, certificate, folder, settings):
    """A side of TLS which writes its keys to CERTIFICATE.keys."""
    version = f"TLSv1_{transport.tls[-1]}"
    certificates = folder / "certificates"
    common = {
        "tls_params": {"tls_minimum_protocol_version": version, "tls_maximum_protocol_version": version,
                       **({"cipher_suites": [transport.cipher]} if transport.cipher else {})},
        "key_log": {"path": f"{folder}/{certificate}.keys"},
        **settings,
    }
    is_server = context == "DownstreamTlsContext"
    if is_server or transport.is_mutual:
        common["tls_certificates"] = [{"certificate_chain": {"filename": f"{certificates}/{certificate}.crt"},
                                       "private_key": {"filename": f"{certificates}/{certificate}.key"}}]
    if transport.is_mutual:
        common["validation_context"] = {"trusted_ca": {"filename": f"{certificates}/ca.crt"}}
    own = {"require_client_certificate": transport.is_mutual} if is_server else {"sni": "app.lab.example"}
    return {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": f"{TYPE}transport_sockets.tls.v3.{context}", "common_tls_context": common, **own}}


def socket_address(address, port):
    return {"socket_address": {"address": address, "port_value": port}}


def command(binary, configuration, folder):
    """The command line that runs `configuration`."""
    name = configuration["static_resources"]["listeners"][0]["name"]
    file = folder / f"{name}.json"
    file.write_text(json.dumps(configuration, indent=1))
    # Without hot restart two Envoys on one machine share nothing.
    return [binary, "-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning",
            "--file-flush-interval-msec", "100"]  # a key is in its file before the run is over
