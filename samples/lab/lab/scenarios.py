"""The scenarios, as declarations: what runs, and what it is meant to show."""

from dataclasses import dataclass, field
from typing import Callable

from .check import at, end


def verdict(word, code=None, reason=None):
    return {"verdict": word, "code": code, "reason": reason, "closeBeforeTeardown": word == "delivered"}


def everywhere(*words):
    return {capture: verdict(*words) for capture in ("pod.pcap", "gateway.pcap", "client.pcap")}


DELIVERED = everywhere("delivered", 4321, "test")
ABSENT = everywhere("absent")


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    description: str
    expect: dict            # capture → verdict; only these captures are kept
    report: dict            # what the client must report; a range stands for any number in it
    client: str = "node"    # node, chromium or firefox
    server: str = "close"   # a behaviour of peers/server.js
    server_options: dict = field(default_factory=dict)
    client_options: dict = field(default_factory=dict)
    retry_options: tuple = ()   # other server options, tried in turn when the first did not show it
    delayed_close: str = ""     # delayed_close_timeout of both Envoys; empty: not set, Envoy's default of 1 s
    sidecar_settings: dict = field(default_factory=dict)
    socket_buffer: int = 0      # bytes, in every namespace; 0: the system's
    show: Callable = None       # timeline → bool: what else must be seen


CLOSED = {"code": 4321, "reason": "test"}
ALL = []


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

ABNORMAL = {"code": 1006, "reason": ""}

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

# Around the handshake.

add("upgrade-refused", "The server answers 403",
    "The server refuses the upgrade: there never is a WebSocket.",
    ABSENT, {**ABNORMAL, "error": "Unexpected server response: 403"}, server="refuse")
add("keepalive-upgrade", "The upgrade is the third request of its connection",
    "The client sends two ordinary GETs and then the upgrade on the same connection; the server closes at once.",
    DELIVERED, CLOSED, client_options={"getFirst": ["/one", "/two"]})


def together(expect):
    """The verdict when all captures of a scenario are given at once: the client-most one's, explained by the others."""
    *inner, outer = expect.values()  # listed from the pod to the client
    carried = next((one for one in inner if one["verdict"] != "absent"), None)
    return verdict("lost", carried["code"], carried["reason"]) if carried and outer["verdict"] == "absent" else outer


BY_NAME = {scenario.name: scenario for scenario in ALL}
