"""One run of one scenario: network, programs, captures, client, and what it all came to."""

import json
import shutil
import tempfile
import time
from pathlib import Path

from . import certificates, clients, envoy, haproxy, nginx
from .capture import Capture
from .clients import PEERS
from .network import APP_PORT, SIDECAR_PORT, TUNNEL_PORT, Network
from .processes import LabError, Program, wait_until

OTHER_SIDECARS = {"nginx": nginx, "haproxy": haproxy}

CLIENT_SECONDS = 60  # a browser's first start on a slow machine, and the longest scenario
QUIET_SECONDS = 12   # after the client's report, until the last connection is gone
SETTLE_SECONDS = 0.7  # after the last connection to the app, until its client knows of it
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
        """Runs the scenario; returns the clients' reports by path, each with the server's view of it."""
        scenario = self.scenario
        with Network(scenario.socket_buffer, scenario.addresses, scenario.has_switch) as network:
            self.network = network
            self.start_server()
            self.start_proxies()
            captures = [] if scenario.late else self.start_captures()
            reporter = self.start_client()
            if scenario.late or scenario.incident:
                self.wait_until_connected()
            if scenario.late:
                captures = self.start_captures()
            if scenario.incident:
                scenario.incident(self)
            lines = reporter.wait_for_lines(len(scenario.each), CLIENT_SECONDS)
            self.wait_for_the_end()
            for capture in captures:
                capture.stop()
            return self.reports(lines)

    def keys(self):
        """The keys of all TLS connections, as all their programs wrote them, each line once."""
        lines = (line for file in sorted(self.folder.glob("*.keys")) for line in file.read_text().splitlines())
        return list(dict.fromkeys(line for line in lines if not line.startswith("#")))

    def reports(self, lines):
        seen_by_server = {line.pop("path"): line for line in map(json.loads, self.server.output.splitlines())}
        reports = [json.loads(line) for line in lines]
        by_path = {report.get("path", "/feed"): report for report in reports}
        # In the order of the scenario, not in that in which they ended.
        return {session.path: {**by_path[session.path], "server": seen_by_server.get(session.path)}
                for session in self.scenario.each}

    def start_server(self):
        behaviour, options = self.scenario.server, self.server_options
        if self.scenario.sessions:
            behaviour, options = "byPath", {session.path: [session.server, session.server_options]
                                            for session in self.scenario.sessions}
        self.server = self.start(self.network.pod, APP_PORT, "server", [
            "node", PEERS / "server.js", APP_PORT, behaviour, json.dumps(options)])

    def start_proxies(self):
        scenario, network = self.scenario, self.network
        if scenario.outer.tls or scenario.middle.tls:
            certificates.make(self.folder / "certificates")
        delay = {"delayed_close_timeout": scenario.delayed_close} if scenario.delayed_close else {}
        if other := OTHER_SIDECARS.get(scenario.sidecar):
            command = other.command(network.addresses, scenario.sidecar_settings, self.folder)
        else:
            command = self.envoy_command(envoy.sidecar(scenario, {**delay, **scenario.sidecar_settings}, self.folder))
        self.sidecar = self.start(network.pod, TUNNEL_PORT if scenario.middle.tunnel else SIDECAR_PORT, "sidecar", command)
        if scenario.gateway == "nginx":
            command = nginx.gateway(network.addresses, scenario.gateway_settings, self.folder)
        else:
            command = self.envoy_command(envoy.gateway(scenario, delay, self.folder))
        self.gateway = self.start(network.gateway, scenario.gateway_port, "gateway", command)

    def envoy_command(self, configuration):
        return envoy.command(self.envoy_binary, configuration, self.folder)

    def start(self, namespace, port, name, command):
        """Starts what listens on `port`, and waits until it does."""
        program = Program(namespace, name, command, self.folder)

        def listening():
            if program.process.poll() is not None:
                raise LabError(f"{name} ended: {program.errors[-500:]}")
            return self.network.is_listening(namespace, port)
        wait_until(listening, 30, f"{name} to listen")
        return program

    def start_captures(self):
        network = self.network
        app, tunnel = f"tcp port {APP_PORT}", f"tcp port {TUNNEL_PORT}"
        edge = f"host {network.addresses.gateway} and tcp port {self.scenario.gateway_port}"
        vantages = {
            "pod.pcap": (network.pod, "any", f"{app} or tcp port {SIDECAR_PORT} or {tunnel}"),
            "gateway.pcap": (network.gateway, "any", f"({edge}) or {app} or {tunnel}"),
            "client.pcap": (network.client, "c0", edge),
        }
        return [Capture(namespace, interface, self.folder / file, expression, self.folder, self.scenario.snaplen)
                for file, (namespace, interface, expression) in vantages.items() if file in self.scenario.captures]

    def start_client(self):
        scenario = self.scenario
        options = {"connections": [{"path": session.path, **session.client_options} for session in scenario.sessions]}
        return clients.start(scenario, self.network, self.folder,
                             options if scenario.sessions else scenario.client_options)

    def wait_until_connected(self):
        count = len(self.scenario.each)
        wait_until(lambda: self.network.connections_to_app() >= count, CLIENT_SECONDS, "the clients to connect")
        time.sleep(SETTLE_SECONDS)

    def wait_for_the_end(self):
        """Until every connection is gone: the application knows the end before TCP has seen it."""
        if self.scenario.linger:
            return time.sleep(self.scenario.linger)
        wait_until(lambda: not self.network.open_connections(), QUIET_SECONDS, "the connections to end")
        time.sleep(LINGER_SECONDS)
