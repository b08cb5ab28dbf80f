"""The configuration of the two Envoys: only what a WebSocket needs, everything else at its default."""

import json

from .network import APP_PORT, GATEWAY_PORT, SIDECAR_PORT

ADMIN_PORT = 15000

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


def gateway(addresses, settings):
    """The edge: tells the app who the client is (x-forwarded-for), as an ingress gateway does."""
    return configuration("gateway", addresses, GATEWAY_PORT, {"use_remote_address": True, **settings})


def sidecar(addresses, settings):
    """In the pod: reaches the app from 127.0.0.6, as Istio's inbound listener does."""
    return configuration("sidecar", addresses, SIDECAR_PORT, settings, source=addresses.sidecar)


def configuration(name, addresses, port, settings, source=None):
    manager = {
        "@type": MANAGER,
        "stat_prefix": name,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"virtual_hosts": [{
            "name": "all", "domains": ["*"],
            # The default of 15 s would end every WebSocket that is older.
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app", "timeout": "0s"}}],
        }]},
        **settings,
    }
    cluster = {
        "name": "app",
        "load_assignment": {"cluster_name": "app", "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": socket_address(addresses.pod, APP_PORT)}}]}]},
    }
    if source:
        cluster["upstream_bind_config"] = {"source_address": {"address": source, "port_value": 0}}
    return {"admin": {"address": socket_address("127.0.0.1", ADMIN_PORT)}, "static_resources": {
        "listeners": [{
            "name": name,
            "address": socket_address(addresses.every, port),
            "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
        }],
        "clusters": [cluster],
    }}


def socket_address(address, port):
    return {"socket_address": {"address": address, "port_value": port}}


def command(binary, configuration, folder):
    """The command line that runs `configuration`."""
    name = configuration["static_resources"]["listeners"][0]["name"]
    file = folder / f"{name}.json"
    file.write_text(json.dumps(configuration, indent=1))
    # Without hot restart two Envoys on one machine share nothing.
    return [binary, "-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
