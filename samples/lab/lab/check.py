"""Did a run show what its scenario is meant to show? Judged by the clients' own reports and the raw bytes."""

import re

from . import pcap
from .network import APP_PORT, TUNNEL_PORT

# leg → (its client side and its server side, as `Addresses` calls them; the names of the two)
LEGS = {
    "outer": ("client", "gateway", "client", "gateway"),
    "middle": ("gateway_inner", "pod", "gateway", "sidecar"),
    "app": ("sidecar", "pod", "sidecar", "app"),
}
# capture → its legs, client side first
CAPTURED = {"client.pcap": ["outer"], "gateway.pcap": ["outer", "middle"], "pod.pcap": ["middle", "app"]}

# GOAWAY and TLS's close_notify come with an end, and are none.
ENDS = ("FIN", "RST", "END_STREAM", "RST_STREAM")


class NotShown(Exception):
    """The run went another way than the scenario wants."""


def check(scenario, reports, keys, folder):
    """Fails unless reports and captures agree with the scenario; returns each session's events, in order.

    `reports` and the events are by the session's path; `keys` are the lines of the recording's key log.
    """
    from . import layers  # of packages that are installed before the first scenario runs

    keys = layers.read_keys(keys)
    try:
        seen = {capture: read(scenario, capture, keys, folder) for capture in scenario.captures}
    except pcap.Unreadable as error:
        raise NotShown(f"not readable: {error}") from None
    timelines = {}
    for session in scenario.each:
        check_report(session, reports[session.path])
        told = {}
        for capture, legs in seen.items():
            found = {leg: sessions.get(session.path, []) for leg, sessions in legs.items()}
            check_session(f"{capture}, {session.path}", session.expect[capture], found)
            # Seen in two captures, an event is told as the client's side saw it, if it got there.
            told.update({(event["leg"], event["from"], event["event"]): event for leg in found.values() for event in leg})
        timelines[session.path] = sorted(told.values(), key=lambda event: event["at"])
    shown = timelines if scenario.sessions else timelines[scenario.each[0].path]
    if scenario.show and not scenario.show(shown):
        raise NotShown(f"the timeline is not what {scenario.name} is about: {describe(timelines)}")
    start = min((events[0]["at"] for events in timelines.values() if events), default=0)
    return {path: [{**event, "at": round(event["at"] - start, 6)} for event in events]
            for path, events in timelines.items()}


def check_report(session, report):
    for key, wanted in session.report.items():
        if not (report[key] in wanted if isinstance(wanted, range) else report[key] == wanted):
            raise NotShown(f"the client of {session.path} reported {key} {report[key]!r}, not {wanted!r}")


def read(scenario, capture, keys, folder):
    """leg → path → the events of that session on that leg."""
    streams = pcap.read(folder / capture)
    if any(stream.has_syn == scenario.late for stream in streams.values() if stream.segments):
        raise NotShown(f"{capture} began {'before' if scenario.late else 'behind'} a handshake")
    legs = {}
    for leg in CAPTURED[capture]:
        if not scenario.is_readable(leg):
            continue
        found = [inner for both in connections(streams, leg, scenario)
                 for inner in websockets(*both, scenario.transports[leg], keys)]
        if len(found) != len(scenario.each):
            raise NotShown(f"{capture}: {len(found)} WebSockets on the {leg} leg, not {len(scenario.each)}")
        legs[leg] = {path_of(*both) if scenario.sessions else scenario.each[0].path: events(leg, *both)
                     for both in found}
        for path, timeline in legs[leg].items():
            if not scenario.linger and end(timeline, leg) == float("inf"):
                raise NotShown(f"{capture}, {path}: the {leg} leg had not ended when the capture did")
    return legs


def connections(streams, leg, scenario):
    """Both streams of every connection of a leg."""
    client, server, _, _ = LEGS[leg]
    port = {"outer": scenario.gateway_port, "middle": TUNNEL_PORT if scenario.middle.tunnel else APP_PORT,
            "app": APP_PORT}[leg]
    client, server = getattr(scenario.addresses, client), (getattr(scenario.addresses, server), port)
    for (source, destination), stream in streams.items():
        if source[0] == client and destination == server:
            yield stream, streams[destination, source]


def websockets(to_server, to_client, transport, keys):
    """Both streams of every WebSocket that a connection carries."""
    from . import layers

    both = to_server, to_client
    if transport.tls:
        both = layers.decrypt(*both, keys)
    return list(layers.connects(*both)) if transport.http2 else [both]


def path_of(to_server, to_client):
    """Which session this is: by its request, or by the server's messages, which begin with the path."""
    if to_server.path:
        return to_server.path
    if request := re.match(rb"GET (\S+) HTTP/1.1\r\n", to_server.data):
        return request[1].decode()
    for _, opcode, body in to_client.frames():
        if opcode == pcap.TEXT:
            return body.split()[0].decode()
    raise NotShown("a connection that says nothing about its session")


def events(leg, to_server, to_client):
    """The Close frames of a connection, and how each direction ended."""
    _, _, client, server = LEGS[leg]
    found = []
    for stream, ends in ((to_server, {"from": client, "to": server}), (to_client, {"from": server, "to": client})):
        for time, times, acknowledged, code, reason in stream.closes():
            found.append({"at": time, "leg": leg, **ends, "event": "Close", "code": code, "reason": reason,
                          **({} if times == 1 else {"timesSent": times}),
                          **({} if acknowledged else {"acknowledged": False})})
        found += [{"at": end.pop("at"), "leg": leg, **ends, **end} for end in map(dict, stream.ends)]
    return found


def check_session(where, expected, seen):
    """The expected verdict, word by word, against the legs on which the server's Close frame is."""
    legs = list(seen)  # client side first, without those that the keys do not open
    if not legs:
        return
    closes = {leg: close for leg in legs if (close := server_close(seen[leg], leg))}
    wanted = {"delivered": legs, "lost": legs[-1:], "absent": [],
              "undetermined": legs if expected["code"] else []}[expected["verdict"]]
    if list(closes) != wanted:
        raise NotShown(f"{where}: the server's Close is on {list(closes) or 'no leg'}, not on {wanted or 'none'}")
    for close in closes.values():
        if (close["code"], close["reason"]) != (expected["code"], expected["reason"]):
            raise NotShown(f"{where}: the server's Close is {close['code']} {close['reason']!r}")
    acknowledged = legs[0] in closes and closes[legs[0]].get("acknowledged", True)
    if acknowledged != (expected["verdict"] == "delivered"):
        raise NotShown(f"{where}: the client's side has {'' if acknowledged else 'not '}acknowledged the Close")


def server_close(timeline, leg):
    """The first Close of a leg that travels toward the client."""
    return next((event for event in timeline if event["event"] == "Close" and event["from"] == LEGS[leg][3]), None)


def describe(timelines):
    """What happened, on a line; of many sessions, how many."""
    if len(timelines) > 1:
        return f"{len(timelines)} sessions"
    (timeline,) = timelines.values()
    start = timeline[0]["at"] if timeline else 0
    return ", ".join(f"{event['at'] - start:.3f} {event['from']}→{event['to']} {event['event']}"
                     + (f" {event['error']}" if "error" in event else "") for event in timeline)


def at(timeline, source, destination, *kinds):
    """When `source` first sent `destination` one of `kinds` ("Close", "FIN", ...); infinity if never."""
    return min((event["at"] for event in timeline
                if (event["from"], event["to"]) == (source, destination) and event["event"] in kinds),
               default=float("inf"))


def end(timeline, leg):
    """When a leg began to end, by either side."""
    return min((event["at"] for event in timeline if event["leg"] == leg and event["event"] in ENDS),
               default=float("inf"))
