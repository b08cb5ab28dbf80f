"""One run of one scenario: network, programs, captures, client, and what it all came to."""

import json
import shutil
import tempfile
import time
from pathlib import Path

from . import clients, envoy
from .capture import Capture
from .clients import PEERS
from .network import APP_PORT, GATEWAY_ADDRESS, GATEWAY_PORT, SIDECAR_PORT, Network
from .processes import LabError, Program, wait_until

CLIENT_SECONDS = 60  # a browser's first start on a slow machine, and the longest scenario
QUIET_SECONDS = 12   # after the client's report, until the last connection is gone
LINGER_SECONDS = 1.5  # what the kernel still holds reaches tcpdump


class Recording:
    """A context that holds one run's files; they are gone when it ends."""

    def __init__(self, scenario, server_options, envoy_binary):
        self.scenario = scenario
        self.server_options = server_options
        self.envoy_binary = envoy_binary

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="wsclose-lab-"))
        return self

    def __exit__(self, *_):
        # A browser's helpers may still write a last file.
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self):
        """Runs the scenario; returns the client's report, with the server's view of it."""
        with Network(self.scenario.socket_buffer) as network:
            self.network = network
            self.start_server()
            self.start_proxies()
            captures = self.start_captures()
            report = self.run_client()
            self.wait_for_the_end()
            for capture in captures:
                capture.stop()
            lines = self.server.output.splitlines()
            report["server"] = json.loads(lines[0]) if lines else None
        return report

    def start_server(self):
        self.server = Program(self.network.pod, "server", [
            "node", PEERS / "server.js", APP_PORT, self.scenario.server, json.dumps(self.server_options)], self.folder)
        self.wait_for_listener(self.network.pod, APP_PORT, self.server)

    def start_proxies(self):
        delay = {"delayed_close_timeout": self.scenario.delayed_close} if self.scenario.delayed_close else {}
        self.sidecar = self.start_envoy(
            self.network.pod, SIDECAR_PORT, envoy.sidecar({**delay, **self.scenario.sidecar_settings}))
        self.gateway = self.start_envoy(self.network.gateway, GATEWAY_PORT, envoy.gateway(delay))

    def start_envoy(self, namespace, port, configuration):
        command = envoy.command(self.envoy_binary, configuration, self.folder)
        program = Program(namespace, command[2].stem, command, self.folder)
        self.wait_for_listener(namespace, port, program)
        return program

    def wait_for_listener(self, namespace, port, program):
        def listening():
            if program.process.poll() is not None:
                raise LabError(f"{program.name} ended: {program.errors[-500:]}")
            return self.network.is_listening(namespace, port)
        wait_until(listening, 30, f"{program.name} to listen")

    def start_captures(self):
        network, app, edge = self.network, f"tcp port {APP_PORT}", f"host {GATEWAY_ADDRESS} and tcp port {GATEWAY_PORT}"
        vantages = {
            "pod.pcap": (network.pod, "any", f"{app} or tcp port {SIDECAR_PORT}"),
            "gateway.pcap": (network.gateway, "any", f"({edge}) or {app}"),
            "client.pcap": (network.client, "c0", edge),
        }
        return [Capture(namespace, interface, self.folder / file, expression, self.folder)
                for file, (namespace, interface, expression) in vantages.items() if file in self.scenario.expect]

    def run_client(self):
        reporter = clients.start(self.scenario.client, self.network, self.folder, self.scenario.client_options)
        return json.loads(reporter.wait_for_output(CLIENT_SECONDS))

    def wait_for_the_end(self):
        """Until every connection is gone: the application knows the end before TCP has seen it."""
        wait_until(lambda: not self.network.open_connections(), QUIET_SECONDS, "the connections to end")
        time.sleep(LINGER_SECONDS)
