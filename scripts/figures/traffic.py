"""WebSockets through two real Envoys: the network and the proxies of samples/lab, with a server and clients that do what
each path says."""

import json
from pathlib import Path

from lab import programs
from lab.mesh import BY_NAME
from lab.network import APP_PORT, IPV4, Network
from lab.processes import Program
from lab.recording import Recording

PEERS = Path(__file__).resolve().parent
# Bytes: small enough that a client which pauses holds the proxies up.
SOCKET_BUFFER = 65536


def install():
    """What this needs, with apt and pip; Envoy's path."""
    return programs.install_missing([BY_NAME["default-node"]])


class Traffic(Recording):
    """A context: client, gateway and pod exist inside `with`, gateway and sidecar are Envoys at their defaults, the server
    listens. What the programs write stays in `folder`."""

    def __init__(self, envoy, folder):
        super().__init__(BY_NAME["default-node"], {}, envoy)
        self.folder = Path(folder).resolve()

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.network = Network(SOCKET_BUFFER, IPV4).__enter__()
        try:
            self.start_server()
            self.start_proxies()
        except BaseException:
            self.network.remove()
            raise
        return self

    def __exit__(self, *_):
        self.network.remove()

    def start_server(self):
        self.server = self.start(self.network.pod, APP_PORT, "server", ["node", PEERS / "server.js", APP_PORT])

    def start_clients(self, rate, minutes, seed=1):
        """So many WebSockets a minute; ends by itself when the last of them has ended."""
        self.clients = Program(self.network.client, f"clients-{seed}", [
            "node", PEERS / "client.js", f"ws://{IPV4.gateway}/", rate, minutes, seed], self.folder)
        return self.clients

    def namespaces(self):
        """The options that have wsclose see all three legs: client to gateway, gateway to sidecar, sidecar to app."""
        return [word for name in (self.network.gateway, self.network.pod) for word in ("--netns", f"/run/netns/{name}")]


def lines(file):
    """The values of NDJSON; a last line that is not whole yet is left out."""
    return [json.loads(line) for line in Path(file).read_text(errors="replace").split("\n")[:-1] if line]
