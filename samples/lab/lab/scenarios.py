"""The scenarios, as declarations: what runs, and what it is meant to show."""

import signal
from dataclasses import dataclass, field
from typing import Callable

from . import incidents
from .check import at, end
from .network import GATEWAY_PORT, GATEWAY_TLS_PORT, IPV4, IPV6, Addresses
from .transport import PLAIN, Transport

CAPTURES = ("pod.pcap", "gateway.pcap", "client.pcap")  # from the pod to the client


def verdict(word, code=None, reason=None):
    before = {"delivered": True, "undetermined": None}.get(word, False)
    return {"verdict": word, "code": code, "reason": reason, "closeBeforeTeardown": before}


def everywhere(*words):
    return {capture: verdict(*words) for capture in CAPTURES}


DELIVERED = everywhere("delivered", 4321, "test")
ABSENT = everywhere("absent")


@dataclass(frozen=True)
class Session:
    """One of several WebSockets at the same time."""
    path: str               # of its request, which tells it apart
    expect: dict            # capture → verdict; only these captures are kept
    report: dict            # what the client must report; a range stands for any number in it
    server: str = "feed"    # a behaviour of peers/server.js
    server_options: dict = field(default_factory=dict)
    client_options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    description: str
    expect: dict            # as a Session's; empty with `sessions`, which have their own
    report: dict            # likewise
    sessions: tuple = ()
    client: str = "node"    # node, chromium, firefox or openssl
    server: str = "close"   # a behaviour of peers/server.js
    server_options: dict = field(default_factory=dict)
    client_options: dict = field(default_factory=dict)
    retry_options: tuple = ()   # other server options, tried in turn when the first did not show it
    sidecar: str = "envoy"      # envoy, nginx or haproxy
    gateway: str = "envoy"      # envoy or nginx
    delayed_close: str = ""     # delayed_close_timeout of both Envoys; empty: not set, Envoy's default of 1 s
    sidecar_settings: dict = field(default_factory=dict)  # Envoy's connection manager, nginx's location, HAProxy's defaults
    outer: Transport = PLAIN    # between client and gateway
    middle: Transport = PLAIN   # between gateway and sidecar
    gateway_settings: dict = field(default_factory=dict)  # nginx's server, where it is the gateway
    addresses: Addresses = IPV4
    socket_buffer: int = 0      # bytes, in every namespace; 0: the system's
    gateway_buffer: int = 0     # bytes, in the gateway for each connection; 0: Envoy's default of 1 MiB
    has_switch: bool = False    # between client and gateway
    incident: Callable = None   # recording → None: what happens when all clients are connected
    linger: float = 0           # seconds to go on after the reports; 0: until all connections have ended
    late: bool = False          # the captures start when all clients are connected
    with_secrets: bool = False  # each capture once more as pcapng, with the keys inside
    snaplen: int = 0            # bytes kept of each packet; 0: all
    show: Callable = None       # timeline → bool: what else must be seen; with `sessions`, path → timeline

    @property
    def each(self):
        """Its sessions; without any of its own it is one itself."""
        return self.sessions or (Session("/feed", self.expect, self.report, self.server),)

    @property
    def transports(self):
        """What each leg speaks."""
        return {"outer": self.outer, "middle": self.middle, "app": PLAIN}

    def is_readable(self, leg):
        """Whether the keys open it: which one is whose is told in TLS's handshake alone."""
        transport = self.transports[leg]
        return not transport.tls or not (self.late or transport.has_cbc)

    @property
    def gateway_port(self):
        return GATEWAY_TLS_PORT if self.outer.tls else GATEWAY_PORT

    @property
    def folder(self):
        """Under samples/."""
        return "recorded" if self.outer == self.middle == PLAIN else "encrypted"

    @property
    def captures(self):
        return tuple(self.each[0].expect)


CLOSED = {"code": 4321, "reason": "test"}
ABNORMAL = {"code": 1006, "reason": ""}
ALL = []


def ends(timelines):
    """When each session's connection to the client began to end."""
    return [end(timeline, "outer") for timeline in timelines.values()]


def add(name, title, description, expect, report, **rest):
    ALL.append(Scenario(name, title, description, expect, report, **rest))


# The documented scenario: the server closes when a client connects.

CLIENTS = {"node": "node ws", "chromium": "Chromium", "firefox": "Firefox"}
AT_ONCE = "The server sends Close 4321 when the client connects. "

add("default-node", "The server closes; node ws, Envoy's default delay",
    AT_ONCE + "Both Envoys keep their default delayed_close_timeout of 1 s, but it does not show: node's ws ends TCP itself "
    "as soon as it has answered.",
    DELIVERED, CLOSED, show=lambda timeline: end(timeline, "outer") == at(timeline, "client", "gateway", "FIN"))
add("default-patient", "The server closes; a client that waits for the end of TCP, Envoy's default delay",
    AT_ONCE + "The client leaves the end of TCP to the server, as RFC 6455 §7.1.1 recommends: it comes one second later at "
    "each Envoy, two seconds in all.",
    DELIVERED, CLOSED, client_options={"patient": True},
    show=lambda timeline: end(timeline, "middle") - end(timeline, "app") > 0.9
    and end(timeline, "outer") - end(timeline, "middle") > 0.9)
add("default-chromium", "The server closes; Chromium, Envoy's default delay",
    AT_ONCE + "Chromium waits for the end of TCP for 2 s, exactly what two Envoys need: chance decides who is first.",
    DELIVERED, {**CLOSED, "wasClean": True}, client="chromium",
    show=lambda timeline: end(timeline, "middle") - end(timeline, "app") > 0.9
    and end(timeline, "outer") - end(timeline, "middle") > 0.9)
add("default-firefox", "The server closes; Firefox, Envoy's default delay",
    AT_ONCE + "Firefox tells the page at once and ends TCP 1 s after its reply, when the sidecar's delay ends as well.",
    DELIVERED, {**CLOSED, "wasClean": True}, client="firefox",
    show=lambda timeline: end(timeline, "middle") - end(timeline, "app") > 0.9)
for client, program in CLIENTS.items():
    clean = {} if client == "node" else {"wasClean": True}
    add(f"zero-{client}", f"The server closes; {program}, no delay",
        AT_ONCE + "delayed_close_timeout is 0s on both Envoys: the end of TCP follows the Close at once.",
        DELIVERED, {**CLOSED, **clean}, client=client, delayed_close="0s",
        show=lambda timeline: end(timeline, "outer") - end(timeline, "app") < 0.2)

# A client that does not read for 3 s, and more data than the sockets hold.

MESSAGES = 100
BURSTS = tuple({"messages": MESSAGES, "size": size} for size in (16384, 15000, 17000, 18000))
SLOW = dict(server="burstCloseEnd", server_options=BURSTS[0], retry_options=BURSTS[1:],
            client_options={"pause": 3000}, socket_buffer=65536)

add("lost-close-default", "The Close is lost: a paused client, Envoy's default delay",
    "The server sends 100 messages of 16 KB, Close 4321 and ends TCP; the client reads nothing for 3 s. One second after "
    "the server's end, without write progress, the sidecar discards what it has not sent, the Close frame among it.",
    {"pod.pcap": verdict("lost", 4321, "test"), "client.pcap": verdict("absent")},
    {"code": 1006, "reason": "", "messages": range(1, MESSAGES)}, **SLOW)
add("lost-close-zero", "The same paused client gets everything without the delay",
    "As lost-close-default with delayed_close_timeout 0s on both Envoys: they end only after the flush, so that all "
    "100 messages and the Close arrive when the client reads again. Only the pod's capture is kept, for its size.",
    {"pod.pcap": verdict("delivered", 4321, "test")}, {**CLOSED, "messages": MESSAGES}, delayed_close="0s", **SLOW)

add("lost-close-gateway", "The Close is lost one hop later, at the gateway",
    "As lost-close-default with 256 KB in all, which the gateway can hold: the sidecar forwards everything, and the gateway, "
    "one second after the sidecar's end, discards what the client has not taken. In the pod all looks well.",
    {"pod.pcap": verdict("delivered", 4321, "test"), "gateway.pcap": verdict("lost", 4321, "test"),
     "client.pcap": verdict("absent")},
    {"code": 1006, "reason": "", "messages": range(1, 32)},
    **{**SLOW, "server_options": {"messages": 32, "size": 8192},
       "retry_options": ({"messages": 32, "size": 12000}, {"messages": 32, "size": 6000})})

# Connections that end without the server's Close.

add("server-terminate", "The server drops the connection",
    "The server sends a message and calls terminate() 0.3 s later: TCP ends without a Close frame.",
    ABSENT, ABNORMAL, server="terminate")
add("client-terminate", "The client drops the connection",
    "The client calls terminate() 0.3 s after it connected: TCP ends without a Close frame, from the client's side.",
    ABSENT, ABNORMAL, server="echo", client_options={"send": ["hello"], "terminate": True},
    show=lambda timeline: end(timeline, "outer") == at(timeline, "client", "gateway", "FIN", "RST"))
add("idle-timeout", "The sidecar ends an idle connection",
    "After one echoed message nothing is said; the sidecar's stream_idle_timeout of 2 s ends the connection. Neither "
    "peer sent a Close: FIN to the server at once, to the gateway 1 s later.",
    ABSENT, ABNORMAL, server="echo", client_options={"send": ["hello"]},
    sidecar_settings={"stream_idle_timeout": "2s"},
    show=lambda timeline: timeline[0]["from"] == "sidecar" and timeline[0]["to"] == "app")

# Proxies and links that fail.

EIGHT = tuple(Session(f"/feed/{number}", ABSENT, ABNORMAL, server_options={"every": 500}) for number in range(1, 9))

add("gateway-sigkill", "The gateway is killed with eight connections",
    "Eight clients get a message every 0.5 s; the gateway Envoy is ended with SIGKILL. The kernel ends all its "
    "connections at once, on both sides, and nobody sent a Close.",
    {}, {}, sessions=EIGHT, incident=incidents.killed("gateway"),
    show=lambda timelines: max(ends(timelines)) - min(ends(timelines)) < 0.1
    and ends(timelines) == [at(timeline, "gateway", "client", "FIN", "RST") for timeline in timelines.values()])
add("sidecar-drain", "The sidecar drains, and is ended",
    "The server sends a message and a Ping every 0.4 s. /drain_listeners?graceful of the sidecar's admin interface ends "
    "nothing that is open: the messages go on. SIGTERM, 2 s later, ends it: FIN to both sides at once, and no Close.",
    ABSENT, {**ABNORMAL, "messages": range(6, 100)}, server="feed", server_options={"every": 400, "pings": True},
    incident=incidents.drained_then_ended,
    show=lambda timeline: end(timeline, "middle") == at(timeline, "sidecar", "gateway", "FIN")
    and abs(end(timeline, "middle") - end(timeline, "app")) < 0.1)
add("client-link-down", "The client's link is dead before the server closes",
    "The switch between client and gateway fails, and neither notices. The server sends Close 4321 and, 3 s later, ends "
    "TCP: the gateway sends the Close again and again, and nobody acknowledges it. The client has heard nothing for 4 s, "
    "gives up, and is told 1006; nobody gets its FIN. The captures end before either kernel gives up.",
    {"pod.pcap": verdict("delivered", 4321, "test"), "gateway.pcap": verdict("undetermined", 4321, "test"),
     "client.pcap": verdict("undetermined")},
    ABNORMAL, server="feed", server_options={"after": 2500, "close": [4321, "test"], "patience": 3000},
    client_options={"watchdog": 4000}, has_switch=True, incident=incidents.switch_fails, linger=10,
    show=lambda timeline: at(timeline, "client", "gateway", "FIN") - at(timeline, "app", "sidecar", "Close") > 1
    and any(event["from"] == "gateway" and event.get("timesSent", 1) >= 4 for event in timeline))

# Other proxies in the sidecar's place: they do not wait before they end TCP. The gateway's Envoy still does.

for sidecar, program, idle in (("nginx", "nginx", {"proxy_read_timeout": "2s"}),
                               ("haproxy", "HAProxy", {"timeout tunnel": "2s"})):
    add(f"{sidecar}-close", f"The server closes; {program} in the sidecar's place",
        AT_ONCE + f"{program} ends TCP on one side as soon as it has ended on the other; the gateway's Envoy 1 s later.",
        DELIVERED, CLOSED, sidecar=sidecar, client_options={"patient": True},
        show=lambda timeline: end(timeline, "middle") - end(timeline, "app") < 0.2
        and end(timeline, "outer") - end(timeline, "middle") > 0.9)
    reset = "RST" if sidecar == "haproxy" else "FIN"
    add(f"{sidecar}-idle", f"{program} ends an idle connection",
        f"After one echoed message nothing is said; {program}'s timeout of 2 s ({next(iter(idle))}) ends the connection on "
        f"both sides at once: {reset} to the server, FIN to the gateway. Neither peer sent a Close.",
        ABSENT, ABNORMAL, sidecar=sidecar, sidecar_settings=idle, server="echo", client_options={"send": ["hello"]},
        show=lambda timeline, reset=reset: end(timeline, "app") == at(timeline, "sidecar", "app", reset)
        and end(timeline, "middle") == at(timeline, "sidecar", "gateway", "FIN")
        and abs(end(timeline, "middle") - end(timeline, "app")) < 0.2)

# Other ways to end well.

add("client-close", "The client closes",
    "The client calls close(1000, \"bye\") 0.3 s after it connected; the server answers with the same Close.",
    everywhere("delivered", 1000, "bye"), {"code": 1000, "reason": "bye"}, server="echo",
    client_options={"send": ["hello"], "close": [1000, "bye"]},
    show=lambda timeline: timeline[0]["from"] == "client")

for client, program in CLIENTS.items():
    clean = {"node": {}, "chromium": {"wasClean": True}, "firefox": {"wasClean": False}}[client]
    add(f"server-close-fin-{client}", f"The server does not wait for the reply; {program}",
        "The server sends Close 4321 and FIN at once, without waiting for the client's Close; delayed_close_timeout 0s on "
        "both Envoys lets the FIN through to the client.",
        DELIVERED, {**CLOSED, **clean}, client=client, server="burstCloseEnd", delayed_close="0s",
        show=lambda timeline: at(timeline, "app", "sidecar", "FIN") < at(timeline, "sidecar", "app", "Close")
        and at(timeline, "gateway", "client", "FIN") < float("inf"))

add("deflate", "Compressed and fragmented messages",
    "permessage-deflate is negotiated; text both ways, then one message in three fragments with a Ping between them, "
    "then Close 1000 from the server.",
    everywhere("delivered", 1000, "done"), {"code": 1000, "reason": "done", "messages": 4}, server="deflate",
    client_options={"send": ["one " * 50, "two " * 500, "the last"]})

for client, program in CLIENTS.items():
    clean = {} if client == "node" else {"wasClean": True}
    add(f"close-then-rst-{client}", f"The server closes and resets; {program}",
        "The server sends Close 4321 and RST at once, as a program does that sets the linger time to 0. The sidecar passes "
        "the Close on, and not the RST: 1 s later, unless the client is first, it ends its other side with an RST of its own, "
        "because there is nobody to read the client's reply.",
        DELIVERED, {**CLOSED, **clean}, client=client, server="closeThenReset",
        show=lambda timeline: at(timeline, "app", "sidecar", "RST") < at(timeline, "gateway", "sidecar", "Close")
        and at(timeline, "sidecar", "gateway", "RST") < float("inf"))

for client, program, seconds in (("chromium", "Chromium", 2), ("firefox", "Firefox", 1)):
    add(f"held-open-{client}", f"TCP stays open after the Close frames; {program}",
        AT_ONCE + f"With a delayed_close_timeout of 5s each Envoy keeps its client's connection open that long. {program} "
        f"waits for the end of TCP for {seconds} s after its reply, and then ends it itself.",
        DELIVERED, {**CLOSED, "wasClean": True}, client=client, delayed_close="5s",
        show=lambda timeline, seconds=seconds: end(timeline, "outer") == at(timeline, "client", "gateway", "FIN")
        and abs(end(timeline, "outer") - at(timeline, "client", "gateway", "Close") - seconds) < 0.2)

add("ipv6", "The same over IPv6",
    AT_ONCE + "All legs are IPv6; the sidecar reaches the app from ::6, as Istio's does. The client waits for the end of "
    "TCP, as in default-patient.",
    DELIVERED, CLOSED, addresses=IPV6, client_options={"patient": True},
    show=lambda timeline: end(timeline, "middle") - end(timeline, "app") > 0.9
    and end(timeline, "outer") - end(timeline, "middle") > 0.9)

# 40 fragments with each form of a length, and empty ones.
FRAGMENTS = [1000, 0, 125, 126, 65535, 65536, *[2000] * 32, 4000, 0]

add("long-fragments", "A long message in 40 fragments",
    "The server sends one text message of about 200 KB in 40 fragments, some of them empty, with Pings between them that "
    "the client answers at once, then Close 1000. Only the pod's capture is kept, for its size.",
    {"pod.pcap": verdict("delivered", 1000, "done")},
    {"code": 1000, "reason": "done", "messages": 1, "bytes": sum(FRAGMENTS)},
    server="fragments", server_options={"sizes": FRAGMENTS})

# Around the handshake.

add("upgrade-refused", "The server answers 403",
    "The server refuses the upgrade: there never is a WebSocket.",
    ABSENT, {**ABNORMAL, "error": "Unexpected server response: 403"}, server="refuse")
add("keepalive-upgrade", "The upgrade is the third request of its connection",
    "The client sends two ordinary GETs and then the upgrade on the same connection; the server closes at once.",
    DELIVERED, CLOSED, client_options={"getFirst": ["/one", "/two"]})

# Captures that lack something.

add("late-start", "The captures start behind the handshake",
    "The server sends a message and a Ping every 0.5 s, the client a message every 0.6 s, and tcpdump starts when they are "
    "at it; 6 s after it connected, the server sends Close 4321.",
    DELIVERED, CLOSED, late=True, server="feed",
    server_options={"every": 500, "pings": True, "after": 6000, "close": [4321, "test"]}, client_options={"every": 600})
add("snaplen-96", "The captures hold 96 bytes of each packet",
    AT_ONCE + "tcpdump -s 96 keeps the first 24 bytes behind the headers: of the handshake only the beginning, and no "
    "header field; the Close frames of both sides are whole.",
    DELIVERED, CLOSED, snaplen=96)

# Fifty connections that overlap and end in different ways: the Close that the server sends, or None, and the parts of
# server and client in it.


def mixed(number):
    own = [4000 + number, f"n{number}"]
    return (
        ([4321, "test"], {"close": [4321, "test"]}, {}),
        ([4321, "test"], {"close": [4321, "test"]}, {"patient": True}),
        ([1001, ""], {"close": [1001]}, {}),
        ([1000, "bye"], {}, {"close": [1000, "bye"]}),
        (None, {"terminate": True}, {}),
        (None, {}, {"terminate": True}),
        (own, {"close": own}, {}),
        (own, {"close": own, "pings": True}, {}),
        (own, {"close": own}, {"patient": True}),
        (own, {}, {"close": own}),
    )[number % 10]


def told_by_code(number):
    """Without a handshake only the Close tells which session it is: all have their own, but for those without any."""
    own = [4000 + number, f"n{number}"]
    return {
        0: (None, {"terminate": True}, {}),
        1: (None, {}, {"terminate": True}),
        2: (own, {}, {"close": own}),
        3: (own, {}, {"close": own}),
        4: (own, {"close": own}, {"patient": True}),
    }.get(number % 10, (own, {"close": own}, {}))


def fifty(kind, server_options, client_options, start, after, step, count=50):
    """Sessions that begin `start` milliseconds apart, and end `after` and up to 49 steps more, in another order."""
    for number in range(1, count + 1):
        close, server, client = kind(number)
        time = {"after": after + number * 17 % 50 * step}
        yield Session(f"/feed/{number}", everywhere("delivered", *close) if close else ABSENT,
                      {"code": close[0], "reason": close[1]} if close else ABNORMAL,
                      server_options={**server_options, **server, **time},
                      client_options={"start": number * start, **client_options, **client, **time})


add("fifty-mixed", "Fifty connections at the same time, of ten kinds",
    "Fifty connections overlap, each with messages both ways. Five of each kind: the server closes with 4321 (to a plain "
    "and to a patient client), with 1001, with a code of its own (to a plain one, after Pings, to a patient one), or drops the "
    "connection; the client closes with 1000, with a code of its own, or drops it. The path tells which is which.",
    {}, {}, sessions=tuple(fifty(mixed, {"every": 1600}, {"send": ["hello"]}, start=40, after=1200, step=40)))
add("fifty-late", "Fifty connections, captured behind their handshakes",
    "tcpdump starts when fifty connections are open, with messages both ways and Pings. 30 are closed by the server and 10 "
    "by the client, each with its own code and reason, which tell them apart; 5 are dropped by the server, 5 by the client.",
    {}, {}, late=True, sessions=tuple(fifty(told_by_code, {"every": 1800, "pings": True}, {"every": 2100},
                                            start=20, after=6500, step=50)))

BY_NAME = {scenario.name: scenario for scenario in ALL}
