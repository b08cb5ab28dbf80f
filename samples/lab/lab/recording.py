"""One run of one scenario: network, programs, captures, client, and what it all came to."""

import json
import shutil
import tempfile
import time
from pathlib import Path

from . import clients, envoy, haproxy, nginx
from .capture import Capture
from .clients import PEERS
from .network import APP_PORT, GATEWAY_PORT, SIDECAR_PORT, Network
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
        delay = {"delayed_close_timeout": scenario.delayed_close} if scenario.delayed_close else {}
        if other := OTHER_SIDECARS.get(scenario.sidecar):
            command = other.command(network.addresses, scenario.sidecar_settings, self.folder)
        else:
            command = self.envoy_command(envoy.sidecar(network.addresses, {**delay, **scenario.sidecar_settings}))
        self.sidecar = self.start(network.pod, SIDECAR_PORT, "sidecar", command)
        self.gateway = self.start(network.gateway, GATEWAY_PORT, "gateway",
                                  self.envoy_command(envoy.gateway(network.addresses, delay)))

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
        app, edge = f"tcp port {APP_PORT}", f"host {network.addresses.gateway} and tcp port {GATEWAY_PORT}"
        vantages = {
            "pod.pcap": (network.pod, "any", f"{app} or tcp port {SIDECAR_PORT}"),
            "gateway.pcap": (network.gateway, "any", f"({edge}) or {app}"),
            "client.pcap": (network.client, "c0", edge),
        }
        return [Capture(namespace, interface, self.folder / file, expression, self.folder, self.scenario.snaplen)
                for file, (namespace, interface, expression) in vantages.items() if file in self.scenario.captures]

    def start_client(self):
        scenario = self.scenario
        options = {"connections": [{"path": session.path, **session.client_options} for session in scenario.sessions]}
        return clients.start(scenario.client, self.network, self.folder,
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
