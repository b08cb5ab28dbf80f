"""Three network namespaces in a row, as a client meets a pod in Kubernetes with Istio:

    client  c0 10.9.1.2 ── 10.9.1.1 g0  gateway  g1 10.9.2.1 ── 10.9.2.2 eth0  pod

Inside the pod, what arrives for the app's port is redirected to the sidecar, which reaches the app
over loopback from 127.0.0.6. Nothing outside the namespaces is changed.
"""

import contextlib
import os
import signal
from dataclasses import dataclass

from .processes import LabError, run, uninterrupted, wait_until

GATEWAY_PORT = 80
GATEWAY_TLS_PORT = 443
APP_PORT = 9900
SIDECAR_PORT = 15006
TUNNEL_PORT = 15008  # where Istio's ambient mode takes tunnels
PORTS = (GATEWAY_PORT, GATEWAY_TLS_PORT, APP_PORT, SIDECAR_PORT, TUNNEL_PORT)


@dataclass(frozen=True)
class Addresses:
    """Who is where, in one version of IP."""
    client: str
    gateway: str        # its side toward the client
    gateway_inner: str  # its side toward the pod
    pod: str
    sidecar: str        # from which the sidecar reaches the app
    every: str          # to listen on all


IPV4 = Addresses("10.9.1.2", "10.9.1.1", "10.9.2.1", "10.9.2.2", "127.0.0.6", "0.0.0.0")
IPV6 = Addresses("fd00:9:1::2", "fd00:9:1::1", "fd00:9:2::1", "fd00:9:2::2", "::6", "::")


class Network:
    """A context: the namespaces exist inside `with`, and are gone after it whatever happened."""

    def __init__(self, socket_buffer=0, addresses=IPV4, has_switch=False):
        # The pid keeps two recordings at the same time apart.
        self.client, self.switch, self.gateway, self.pod = (
            f"wsclose-{os.getpid()}-{role}" for role in ("client", "switch", "gateway", "pod"))
        self.socket_buffer = socket_buffer
        self.addresses = addresses
        self.has_switch = has_switch
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
            self.add_namespace(namespace)
        if self.has_switch:
            self.link_through_switch()
        else:
            self.link(self.client, "c0", IPV4.client, self.gateway, "g0", IPV4.gateway)
        self.link(self.gateway, "g1", IPV4.gateway_inner, self.pod, "eth0", IPV4.pod)
        if self.addresses is IPV6:
            self.add_ipv6_addresses()
        self.redirect_inbound()

    def add_namespace(self, namespace):
        with uninterrupted():
            run("ip", "netns", "add", namespace)
            self.made.append(namespace)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        self.set_sysctls(namespace)

    def set_sysctls(self, namespace):
        settings = [] if self.addresses is IPV6 else ["net.ipv6.conf.all.disable_ipv6=1"]
        if namespace == self.pod:
            settings.append("net.ipv4.conf.all.route_localnet=1")  # lets 127.0.0.6 talk to eth0's address
        if self.socket_buffer:
            for memory in ("tcp_rmem", "tcp_wmem"):
                settings.append(f"net.ipv4.{memory}=4096 {self.socket_buffer} {self.socket_buffer}")
        if settings:
            self.inside(namespace, "sysctl", "-q", "-w", *settings)

    def link(self, left, left_name, left_address, right, right_name, right_address):
        """A cable between two namespaces; an end without an address is a switch's."""
        run("ip", "-n", left, "link", "add", left_name, "type", "veth", "peer", "name", right_name, "netns", right)
        for namespace, name, address in ((left, left_name, left_address), (right, right_name, right_address)):
            if address:
                run("ip", "-n", namespace, "link", "set", name, "address", mac(address))
                run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", name)
            run("ip", "-n", namespace, "link", "set", name, "up")

    def link_through_switch(self):
        """c0 ── a0 switch a1 ── g0: the switch can fail without client or gateway losing their own link."""
        self.add_namespace(self.switch)
        self.link(self.client, "c0", IPV4.client, self.switch, "a0", None)
        self.link(self.switch, "a1", None, self.gateway, "g0", IPV4.gateway)
        run("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge")
        for port in ("a0", "a1"):
            run("ip", "-n", self.switch, "link", "set", port, "master", "br0")
        self.set_switch("up")

    def set_switch(self, state):
        run("ip", "-n", self.switch, "link", "set", "br0", state)

    def add_ipv6_addresses(self):
        """Beside the IPv4 addresses, which nobody uses then."""
        for namespace, name, address in ((self.client, "c0", f"{IPV6.client}/64"),
                                         (self.gateway, "g0", f"{IPV6.gateway}/64"),
                                         (self.gateway, "g1", f"{IPV6.gateway_inner}/64"),
                                         (self.pod, "eth0", f"{IPV6.pod}/64"),
                                         (self.pod, "lo", f"{IPV6.sidecar}/128")):
            # Without duplicate address detection an address can be used at once.
            run("ip", "-n", namespace, "-6", "address", "add", address, "dev", name, "nodad")

    def redirect_inbound(self):
        self.inside(self.pod, "ip6tables" if self.addresses is IPV6 else "iptables", "-t", "nat", "-A", "PREROUTING",
                    "-i", "eth0", "-p", "tcp", "--dport", str(APP_PORT), "-j", "REDIRECT", "--to-ports", str(SIDECAR_PORT))

    def inside(self, namespace, *command):
        return run("ip", "netns", "exec", namespace, *command)

    def is_listening(self, namespace, port):
        return f":{port} " in self.inside(namespace, "ss", "-Htln")

    def connections_to_app(self):
        """How many the sidecar has with the app."""
        listed = self.inside(self.pod, "ss", "-Htn", "state", "established",
                             f"( sport = :{APP_PORT} and dst {bracketed(self.addresses.sidecar)} )")
        return len(listed.splitlines())

    def open_connections(self):
        """The proxied connections that have not ended yet, in any namespace."""
        ports = " or ".join(f"dport = :{port} or sport = :{port}" for port in PORTS)
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


def bracketed(address):
    """As an address is written in front of a port."""
    return f"[{address}]" if ":" in address else address
