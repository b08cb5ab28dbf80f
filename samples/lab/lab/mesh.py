"""More scenarios: what a mesh and browsers put below the WebSocket. TLS, HTTP/2, tunnels."""

from . import incidents
from .check import at, end
from .scenarios import ABNORMAL, ABSENT, ALL, CLOSED, DELIVERED, EIGHT, SLOW, Session, add, everywhere, fifty, mixed, verdict
from .transport import Transport

MTLS = Transport(tls="1.3", is_mutual=True)
HTTP2 = Transport(http2=True)
H2_MTLS = Transport(tls="1.3", is_mutual=True, http2=True)

FEED = dict(server="feed", server_options={"every": 200, "after": 700, "close": [4321, "test"]},
            client_options={"every": 250})
TALK = "The server sends a message every 0.2 s, a node client every 0.25 s, and after 0.7 s the server sends Close 4321. "
NINE = dict(sessions=tuple(fifty(mixed, {"every": 500}, {"every": 600}, start=40, after=900, step=60, count=9)))

# wss: the gateway ends TLS.

for name, cipher, suite in (("wss13-node", "TLS_AES_256_GCM_SHA384", "AES-256-GCM"),
                            ("wss13-node-chacha", "TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305"),
                            ("wss13-node-aes128", "TLS_AES_128_GCM_SHA256", "AES-128-GCM")):
    add(name, f"wss with TLS 1.3, {suite}; node ws",
        TALK + "The gateway ends TLS; behind it all is cleartext.",
        DELIVERED, CLOSED, outer=Transport(tls="1.3"),
        **{**FEED, "client_options": {**FEED["client_options"], "ciphers": cipher}})
for name, cipher, suite in (("wss12-node", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM"),
                            ("wss12-node-aes256", "ECDHE-ECDSA-AES256-GCM-SHA384", "AES-256-GCM"),
                            ("wss12-node-chacha", "ECDHE-ECDSA-CHACHA20-POLY1305", "ChaCha20-Poly1305")):
    add(name, f"wss with TLS 1.2, {suite}; node ws",
        TALK + "The gateway ends TLS; behind it all is cleartext.",
        DELIVERED, CLOSED, outer=Transport(tls="1.2", cipher=cipher), with_secrets=name == "wss12-node", **FEED)

# What TLS connections do beside their plain course.

def talk(path, **client_options):
    """A session of the talk above on its own path."""
    return Session(path, DELIVERED, {**CLOSED, **({"resumed": True} if "resume" in client_options else {})},
                   server_options=FEED["server_options"], client_options=client_options)


for version in ("1.3", "1.2"):
    add("tls-resumed" if version == "1.3" else "tls12-resumed", f"A session of TLS {version} is resumed; node ws",
        "Two WebSockets one after the other, closed by the server: the second one resumes the TLS session of the first.",
        {}, {}, outer=Transport(tls=version), sessions=(talk("/feed/1", every=250),
                                                       talk("/feed/2", every=250, start=1500, resume=True)))
add("tls-key-update", "Both sides of TLS 1.3 change their keys",
    "openssl's s_client changes its key 0.2 s and 0.5 s after the upgrade and asks for the same from the gateway; a "
    "message from either side follows under each new key.",
    {}, {}, outer=Transport(tls="1.3"), client="openssl", sessions=(talk("/feed/1", updates=[0.2, 0.5]),))
add("tls-early-data", "The upgrade is early data of TLS 1.3",
    "Two WebSockets one after the other, closed by the server: the second one resumes the TLS session of the first and "
    "sends its upgrade as early data. nginx is the gateway here, because Envoy takes no early data.",
    {}, {}, outer=Transport(tls="1.3"), client="openssl", gateway="nginx",
    gateway_settings={"ssl_early_data": "on"}, sessions=(talk("/feed/1"), talk("/feed/2", early=True)))
add("tls-padded", "TLS 1.3 with padding",
    TALK + "The gateway, nginx here, pads its records to a multiple of 64 bytes: their lengths tell nothing exact.",
    DELIVERED, CLOSED, outer=Transport(tls="1.3"), gateway="nginx",
    gateway_settings={"ssl_conf_command": "RecordPadding 64"}, **FEED)
add("wss12-cbc", "wss with TLS 1.2 and a CBC suite; node ws",
    TALK + "An old cipher suite, which pads its records as well.",
    DELIVERED, CLOSED, outer=Transport(tls="1.2", cipher="ECDHE-ECDSA-AES128-SHA"), **FEED)

# Mutual TLS between gateway and sidecar, as a mesh has it.

add("mtls", "Mutual TLS between gateway and sidecar",
    TALK + "TLS 1.3 with certificates of both sides, and Istio's names for HTTP/1.1 in ALPN.",
    DELIVERED, CLOSED, middle=MTLS, with_secrets=True, **FEED)
add("mtls-patient", "Mutual TLS between gateway and sidecar; a client that waits for the end of TCP",
    TALK + "The client leaves the end of TCP to the server, and it comes one second later at each Envoy.",
    DELIVERED, CLOSED, middle=MTLS, **{**FEED, "client_options": {**FEED["client_options"], "patient": True}},
    show=lambda timeline: end(timeline, "middle") - end(timeline, "app") > 0.9
    and end(timeline, "outer") - end(timeline, "middle") > 0.9)
add("mtls-server-terminate", "The server drops the connection behind mutual TLS",
    "The server sends a message and calls terminate() 0.3 s later: TCP ends without a Close frame.",
    ABSENT, ABNORMAL, middle=MTLS, server="terminate")
add("mtls-idle", "The sidecar ends an idle connection behind mutual TLS",
    "After one echoed message nothing is said; the sidecar's stream_idle_timeout of 2 s ends the connection.",
    ABSENT, ABNORMAL, middle=MTLS, server="echo", client_options={"send": ["hello"]},
    sidecar_settings={"stream_idle_timeout": "2s"})
add("mtls-keepalive", "The upgrade is the third request of its connection behind mutual TLS",
    "The client sends two ordinary GETs and then the upgrade on the same connection, and so does the gateway, inside of TLS; "
    "the server closes at once.",
    DELIVERED, CLOSED, middle=MTLS, client_options={"getFirst": ["/one", "/two"]})
for name, title, legs in (("mtls-nine", "behind mutual TLS", {"middle": MTLS}),
                          ("wss-nine", "over wss", {"outer": Transport(tls="1.3")}),
                          ("wss-mtls-nine", "over wss and mutual TLS", {"outer": Transport(tls="1.3"), "middle": MTLS})):
    add(name, f"Nine connections at the same time {title}",
        "As h2-nine with HTTP/1.1, so that each WebSocket has a TLS connection of its own.", {}, {}, **legs,
        **NINE)
add("wss-mtls", "wss, and mutual TLS between gateway and sidecar",
    TALK + "Only the leg to the app is cleartext.",
    DELIVERED, CLOSED, outer=Transport(tls="1.3"), middle=MTLS, **FEED)

# HTTP/2 between gateway and sidecar: the upgrade becomes an extended CONNECT (RFC 8441) and back. The connection stays
# open behind the streams, for the next one.

LINGER = 4

for name, transport, how in (("h2-cleartext", HTTP2, "in cleartext"), ("h2-mtls", H2_MTLS, "over mutual TLS")):
    add(name, f"HTTP/2 between gateway and sidecar, {how}",
        TALK + "The gateway speaks HTTP/2 by prior knowledge, and the WebSocket is a stream of it.",
        DELIVERED, CLOSED, middle=transport, linger=LINGER, **FEED)

for name, transport, how in (("h2-nine", HTTP2, "in cleartext"), ("h2-nine-mtls", H2_MTLS, "over mutual TLS")):
    add(name, f"Nine WebSockets on one HTTP/2 connection, {how}",
        "Nine of the kinds of fifty-mixed overlap on one connection between gateway and sidecar: closed by either side, "
        "with codes of their own or not, or dropped by either side. The path tells which is which.",
        {}, {}, middle=transport, linger=LINGER,
        **NINE)
add("h2-patient", "HTTP/2 between gateway and sidecar; a client that waits for the end of TCP",
    TALK + "The client leaves the end of TCP to the server.",
    DELIVERED, CLOSED, middle=HTTP2, linger=LINGER,
    **{**FEED, "client_options": {**FEED["client_options"], "patient": True}})
add("h2-server-gone", "The server is killed behind HTTP/2",
    "The server sends a message every 0.2 s, and is ended with SIGKILL: the kernel ends its connection, and the sidecar "
    "the stream.",
    ABSENT, {**ABNORMAL, "messages": range(1, 100)}, middle=HTTP2, linger=LINGER, server="feed",
    server_options={"every": 200}, incident=incidents.killed("server"))
add("h2-idle", "The sidecar ends an idle stream",
    "After one echoed message nothing is said; the sidecar's stream_idle_timeout of 2 s ends the stream.",
    ABSENT, ABNORMAL, middle=HTTP2, linger=LINGER, server="echo", client_options={"send": ["hello"]},
    sidecar_settings={"stream_idle_timeout": "2s"})

add("h2-server-close-fin", "The server does not wait for the reply, behind HTTP/2",
    "The server sends a message, Close 4321 and FIN at once: the sidecar's RST_STREAM comes directly behind the Close, and the "
    "gateway passes the Close on all the same.",
    DELIVERED, CLOSED, middle=HTTP2, linger=LINGER, server="burstCloseEnd", server_options={"messages": 1, "size": 2000},
    show=lambda timeline: end(timeline, "middle") - at(timeline, "sidecar", "gateway", "Close") < 0.0002)

add("h2-max-duration", "The sidecar ends a stream that is too old",
    "The server sends a message every 0.5 s; the sidecar's max_stream_duration of 2 s ends the stream.",
    ABSENT, {**ABNORMAL, "messages": range(2, 9)}, middle=HTTP2, linger=LINGER, server="feed", server_options={"every": 500},
    sidecar_settings={"common_http_protocol_options": {"max_stream_duration": "2s"}})
add("h2-stall", "A slow client behind HTTP/2, and a server that waits for it",
    "The server sends 30 messages of 4 KB and Close 4321, and waits for the reply; the client reads nothing for 3 s. The "
    "stream's window of 64 KB is used up, and the rest passes when the client reads again. Only the pod's capture is kept, "
    "for its size.",
    {"pod.pcap": verdict("delivered", 4321, "test")}, {**CLOSED, "messages": 30},
    middle=Transport(http2=True, window=65535), linger=LINGER, server="burstCloseEnd",
    server_options={"messages": 30, "size": 4096, "waits": True}, client_options={"pause": 3000},
    socket_buffer=8192, gateway_buffer=8192,
    show=lambda timeline: at(timeline, "sidecar", "gateway", "Close") - at(timeline, "app", "sidecar", "Close") > 2)
add("h2-drain", "The sidecar drains, and is ended, behind HTTP/2",
    "The server sends a message and a Ping every 0.4 s. The sidecar's listeners are drained, and 2 s later it gets SIGTERM.",
    ABSENT, {**ABNORMAL, "messages": range(2, 100)}, middle=HTTP2, linger=LINGER, server="feed",
    server_options={"every": 400, "pings": True}, incident=incidents.drained_then_ended)
add("h2-sidecar-sigkill", "The sidecar is killed with eight streams on one connection",
    "Eight clients get a message every 0.5 s; the sidecar Envoy is ended with SIGKILL. The kernel ends the one connection "
    "that all streams share.",
    {}, {}, middle=H2_MTLS, linger=LINGER, sessions=EIGHT, incident=incidents.killed("sidecar"))

THREE = tuple(Session(
    f"/feed/{number}", everywhere("delivered", 4000 + number, f"n{number}"), {"code": 4000 + number, "reason": f"n{number}"},
    server_options={"every": 400, "after": 3000 + 300 * number, "close": [4000 + number, f"n{number}"]},
    client_options={"every": 500}) for number in (1, 2, 3))
BEHIND = "tcpdump starts when three WebSockets are open; the server closes each with a code of its own. "

add("mtls-late", "Mutual TLS between gateway and sidecar, captured behind the handshakes",
    BEHIND + "Which key is whose is told in TLS's handshake alone.",
    {}, {}, middle=MTLS, late=True, sessions=THREE)
add("h2-late", "HTTP/2 between gateway and sidecar, captured behind the requests",
    BEHIND + "What the headers said is lost, and HPACK's state with it.",
    {}, {}, middle=HTTP2, linger=LINGER, late=True, sessions=THREE)
add("h2-mtls-late", "HTTP/2 over mutual TLS, captured behind the handshake",
    BEHIND + "All three are streams of one TLS connection.",
    {}, {}, middle=H2_MTLS, linger=LINGER, late=True, sessions=THREE)

# Tunnels: the TCP connection between gateway and sidecar is inside of a CONNECT.

add("tunnel-connect", "An HTTP/1.1 CONNECT tunnel between gateway and sidecar",
    TALK + "The gateway asks port 15008 with CONNECT for the app, and the handshake of the WebSocket comes behind that.",
    DELIVERED, CLOSED, middle=Transport(tunnel=True), **FEED)
add("tunnel-hbone", "A tunnel as in Istio's ambient mode (HBONE)",
    TALK + "The gateway asks port 15008 with CONNECT for the app, on a stream of HTTP/2 over mutual TLS. DATA frames carry "
    "the TCP stream, beginning with the handshake of the WebSocket.",
    DELIVERED, CLOSED, middle=Transport(tls="1.3", is_mutual=True, http2=True, tunnel=True), linger=LINGER, **FEED)

# HTTP/2 between client and gateway.

WSS_H2 = Transport(tls="1.3", http2=True)

add("h2-wss-node", "HTTP/2 between client and gateway; node ws",
    TALK + "The client asks for its WebSocket with an extended CONNECT, as a browser does.",
    DELIVERED, CLOSED, outer=WSS_H2, linger=LINGER, **FEED)
add("h2-wss-nine", "Nine WebSockets on one HTTP/2 connection between client and gateway",
    "As h2-nine, on the leg of the client: for the app they are nine connections.",
    {}, {}, outer=WSS_H2, linger=LINGER, **NINE)
add("h2-mesh-nine", "Nine WebSockets, HTTP/2 all the way to the sidecar",
    "As h2-nine, on the legs of the client and of the sidecar: each has one connection, over TLS and over mutual TLS.",
    {}, {}, outer=WSS_H2, middle=H2_MTLS, linger=LINGER, **NINE)

# Browsers. Over HTTP/2 the page itself must come from the gateway: a browser makes no HTTP/2 connection for a WebSocket.

BROWSERS = (("chromium", "Chromium"), ("firefox", "Firefox"))
SPOKEN = "The server sends a message every 0.2 s and after 0.7 s Close 4321. "
SPEAK = dict(server="feed", server_options=FEED["server_options"])

for client, program in BROWSERS:
    add(f"wss13-{client}", f"wss with TLS 1.3; {program}",
        SPOKEN + "The gateway ends TLS; behind it all is cleartext.",
        DELIVERED, {**CLOSED, "wasClean": True}, client=client, outer=Transport(tls="1.3"), **SPEAK)
    add(f"wss12-{client}", f"wss with TLS 1.2; {program}",
        SPOKEN + "The gateway ends TLS; behind it all is cleartext.",
        DELIVERED, {**CLOSED, "wasClean": True}, client=client, outer=Transport(tls="1.2"), **SPEAK)
    add(f"h2-{client}", f"A browser that speaks HTTP/2 to the gateway; {program}",
        SPOKEN + "The page comes over the same connection. When both sides have sent their Close, the gateway ends the "
        "stream with RST_STREAM.",
        DELIVERED, {**CLOSED, "wasClean": client == "firefox"}, client=client, outer=WSS_H2,
        linger=LINGER, **SPEAK)
    add(f"h2-{client}-server-gone", f"The server of a browser that speaks HTTP/2 is killed; {program}",
        "The server sends a message every 0.2 s, and is ended with SIGKILL: the gateway ends the browser's stream when the "
        "sidecar has ended the gateway's connection.",
        ABSENT, {**ABNORMAL, "wasClean": False}, client=client, outer=WSS_H2, linger=LINGER,
        server="feed", server_options={"every": 200}, incident=incidents.killed("server"))
add("h2-chromium-mesh", "HTTP/2 all the way to the sidecar; Chromium",
    SPOKEN + "HTTP/2 over TLS from the browser to the gateway, and over mutual TLS from there to the sidecar.",
    DELIVERED, {**CLOSED, "wasClean": False}, client="chromium", outer=WSS_H2, middle=H2_MTLS,
    linger=LINGER, **SPEAK)

# A client that does not read for 3 s. As in lost-close-default, with less room everywhere, for the samples' size.

PAUSED = "The server sends 30 messages of 4 KB, Close 4321 and ends TCP; the client reads nothing for 3 s. "
LOST = {"pod.pcap": verdict("lost", 4321, "test"), "gateway.pcap": verdict("absent"), "client.pcap": verdict("absent")}
UNTOLD = {**ABNORMAL, "messages": range(1, 30)}
NARROW = {**SLOW, "server_options": {"messages": 30, "size": 4096}, "retry_options": ({"messages": 30, "size": 6000},),
          "socket_buffer": 8192, "gateway_buffer": 8192}

add("lost-close-mtls", "The Close is lost behind mutual TLS",
    PAUSED + "One second after the server's end, without write progress, the sidecar discards what it has not sent, the "
    "Close frame among it. Only its leg to the gateway tells, and that is TLS.",
    LOST, UNTOLD, middle=MTLS, **NARROW)
add("lost-close-wss", "The Close is lost before a client that speaks wss",
    PAUSED + "One second after the server's end, without write progress, the sidecar discards what it has not sent, the "
    "Close frame among it.",
    LOST, UNTOLD, outer=Transport(tls="1.3"), **NARROW)
add("lost-close-mtls-four", "The Close is lost on two of four connections behind mutual TLS",
    "The server sends each of four clients 14 messages of 4 KB, Close 4321 and ends TCP, the same bytes to all at the same "
    "time; two of them read nothing for 3 s, and these lose the Close at the sidecar.",
    {}, {}, middle=MTLS, socket_buffer=8192, gateway_buffer=8192, sessions=tuple(
        Session(f"/feed/{number}", {capture: expect[capture] for capture in ("pod.pcap", "client.pcap")}, report,
                server="burstCloseEnd", server_options={"messages": 14, "size": 4096}, client_options=client)
        for number, expect, report, client in ((1, LOST, UNTOLD, {"pause": 3000}), (2, DELIVERED, CLOSED, {}),
                                               (3, LOST, UNTOLD, {"pause": 3000}), (4, DELIVERED, CLOSED, {}))))
add("lost-close-h2-wss", "The Close is lost before a client that speaks HTTP/2",
    PAUSED + "The stream between client and gateway has a window of 64 KB. When the sidecar has ended the gateway's "
    "connection, the gateway resets the stream, and discards what waits for the window.",
    {"pod.pcap": verdict("delivered", 4321, "test"), "gateway.pcap": verdict("lost", 4321, "test"),
     "client.pcap": verdict("absent")},
    UNTOLD, outer=WSS_H2, linger=LINGER + 2, **{**NARROW, "gateway_buffer": 0})
add("lost-close-wss-gateway", "The Close is lost at the gateway, before a client that speaks wss",
    PAUSED + "The gateway can hold it all and takes it from the sidecar; one second after the sidecar's end it discards "
    "what the client has not taken, the Close frame among it. In the pod all looks well.",
    {"pod.pcap": verdict("delivered", 4321, "test"), "gateway.pcap": verdict("lost", 4321, "test"),
     "client.pcap": verdict("absent")},
    UNTOLD, outer=Transport(tls="1.3"), **{**NARROW, "gateway_buffer": 0})
WIDE = {**NARROW, "server_options": {"messages": 32, "size": 4096}, "retry_options": ({"messages": 40, "size": 4096},)}
for name, transport, how in (("h2", Transport(http2=True, window=65535), "in cleartext"),
                             ("h2-mtls", Transport(tls="1.3", is_mutual=True, http2=True, window=65535), "over mutual TLS")):
    add(f"lost-close-{name}", f"The Close is lost behind HTTP/2, {how}",
        PAUSED.replace("30 messages", "32 messages") + "The stream's window of 64 KB is used up. When the "
        "server ends TCP, the sidecar resets the stream, and discards what waits for the window, the Close frame among it.",
        LOST, {**ABNORMAL, "messages": range(1, 32)}, middle=transport, linger=LINGER + 2, **WIDE)

BY_NAME = {scenario.name: scenario for scenario in ALL}
