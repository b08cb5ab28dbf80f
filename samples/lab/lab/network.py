"""Three network namespaces in a row, as a client meets a pod in Kubernetes with Istio:

    client  c0 10.9.1.2 ── 10.9.1.1 g0  gateway  g1 10.9.2.1 ── 10.9.2.2 eth0  pod

Inside the pod, what arrives for the app's port is redirected to the sidecar, which reaches the app
over loopback from 127.0.0.6. Nothing outside the namespaces is changed.
"""

import contextlib
import os
import signal

from .processes import LabError, run, uninterrupted, wait_until

CLIENT_ADDRESS = "10.9.1.2"
GATEWAY_ADDRESS = "10.9.1.1"
GATEWAY_INNER_ADDRESS = "10.9.2.1"
POD_ADDRESS = "10.9.2.2"
SIDECAR_SOURCE = "127.0.0.6"

GATEWAY_PORT = 80
APP_PORT = 9900
SIDECAR_PORT = 15006


class Network:
    """A context: the namespaces exist inside `with`, and are gone after it whatever happened."""

    def __init__(self, socket_buffer=None):
        # The pid keeps two recordings at the same time apart.
        self.client, self.gateway, self.pod = (
            f"wsclose-{os.getpid()}-{role}" for role in ("client", "gateway", "pod"))
        self.socket_buffer = socket_buffer
        self.made = []

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def build(self):
        for namespace in (self.client, self.gateway, self.pod):
            with uninterrupted():
                run("ip", "netns", "add", namespace)
                self.made.append(namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
            self.set_sysctls(namespace)
        self.link(self.client, "c0", CLIENT_ADDRESS, self.gateway, "g0", GATEWAY_ADDRESS)
        self.link(self.gateway, "g1", GATEWAY_INNER_ADDRESS, self.pod, "eth0", POD_ADDRESS)
        self.redirect_inbound()

    def set_sysctls(self, namespace):
        settings = ["net.ipv6.conf.all.disable_ipv6=1"]
        if namespace == self.pod:
            settings.append("net.ipv4.conf.all.route_localnet=1")  # lets 127.0.0.6 talk to eth0's address
        if self.socket_buffer:
            for memory in ("tcp_rmem", "tcp_wmem"):
                settings.append(f"net.ipv4.{memory}=4096 {self.socket_buffer} {self.socket_buffer}")
        self.inside(namespace, "sysctl", "-q", "-w", *settings)

    def link(self, left, left_name, left_address, right, right_name, right_address):
        run("ip", "-n", left, "link", "add", left_name, "address", mac(left_address), "type", "veth",
            "peer", "name", right_name, "address", mac(right_address), "netns", right)
        for namespace, name, address in ((left, left_name, left_address), (right, right_name, right_address)):
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", name)
            run("ip", "-n", namespace, "link", "set", name, "up")

    def redirect_inbound(self):
        self.inside(self.pod, "iptables", "-t", "nat", "-A", "PREROUTING", "-i", "eth0", "-p", "tcp",
                    "--dport", str(APP_PORT), "-j", "REDIRECT", "--to-ports", str(SIDECAR_PORT))

    def inside(self, namespace, *command):
        return run("ip", "netns", "exec", namespace, *command)

    def is_listening(self, namespace, port):
        return f":{port} " in self.inside(namespace, "ss", "-Htln")

    def open_connections(self):
        """The proxied connections that have not ended yet, in any namespace."""
        ports = " or ".join(f"dport = :{port} or sport = :{port}" for port in (GATEWAY_PORT, APP_PORT, SIDECAR_PORT))
        return "".join(self.inside(namespace, "ss", "-Htn", "state", "connected", "exclude", "time-wait", f"( {ports} )")
                       for namespace in self.made)

    def remove(self):
        with uninterrupted():
            while self.made:
                namespace = self.made.pop()
                try:
                    self.end_programs(namespace)
                    run("ip", "netns", "del", namespace)
                except LabError as error:
                    print(f"  left behind: {namespace}: {error}")

    def end_programs(self, namespace):
        """Browsers leave children behind: whatever runs in a namespace of ours was started by us."""
        def running():
            return run("ip", "netns", "pids", namespace).split()
        for pid in running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        wait_until(lambda: not running(), 5, "its processes to end")


def mac(address):
    """A locally administered hardware address that spells the IPv4 address: no recording shows a real one."""
    return "02:00:" + ":".join(f"{int(part):02x}" for part in address.split("."))
