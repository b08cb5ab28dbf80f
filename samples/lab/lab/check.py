"""Did a run show what its scenario is meant to show? Judged by the client's own report and the raw bytes."""

from . import pcap
from .network import (APP_PORT, CLIENT_ADDRESS, GATEWAY_ADDRESS, GATEWAY_INNER_ADDRESS, GATEWAY_PORT,
                      POD_ADDRESS, SIDECAR_SOURCE)

# leg → (address of its client side, its server side, the names of the two)
LEGS = {
    "outer": (CLIENT_ADDRESS, f"{GATEWAY_ADDRESS}:{GATEWAY_PORT}", "client", "gateway"),
    "middle": (GATEWAY_INNER_ADDRESS, f"{POD_ADDRESS}:{APP_PORT}", "gateway", "sidecar"),
    "app": (SIDECAR_SOURCE, f"{POD_ADDRESS}:{APP_PORT}", "sidecar", "app"),
}
# capture → its legs, client side first
CAPTURED = {"client.pcap": ["outer"], "gateway.pcap": ["outer", "middle"], "pod.pcap": ["middle", "app"]}


class NotShown(Exception):
    """The run went another way than the scenario wants."""


def check(scenario, report, folder):
    """Fails unless report and captures agree with the scenario; returns what was observed, in order."""
    for key, wanted in scenario.report.items():
        if not (report[key] in wanted if isinstance(wanted, range) else report[key] == wanted):
            raise NotShown(f"the client reported {key} {report[key]!r}, not {wanted!r}")
    events = {}
    for capture, expected in scenario.expect.items():
        streams = pcap.read(folder / capture)
        seen = {leg: leg_events(streams, leg) for leg in CAPTURED[capture]}
        check_verdict(capture, expected, seen)
        events.update(seen)
    timeline = sorted((event for leg in events.values() for event in leg), key=lambda event: event["at"])
    if scenario.show and not scenario.show(timeline):
        raise NotShown(f"the timeline is not what {scenario.name} is about: {describe(timeline)}")
    start = timeline[0]["at"] if timeline else 0
    return [{**event, "at": round(event["at"] - start, 6)} for event in timeline]


def leg_events(streams, leg):
    """The Close frames of a leg, and how each direction ended."""
    client, server, client_name, server_name = LEGS[leg]
    events = []
    for (source, destination), stream in streams.items():
        if source == server and destination.startswith(client + ":"):
            ends = {"leg": leg, "from": server_name, "to": client_name}
        elif destination == server and source.startswith(client + ":"):
            ends = {"leg": leg, "from": client_name, "to": server_name}
        else:
            continue
        events += [{"at": time, **ends, "event": "Close", "code": code, "reason": reason}
                   for time, code, reason in stream.closes()]
        if stream.ended:
            events.append({"at": stream.ended[0], **ends, "event": stream.ended[1]})
    if not any(event["event"] in ("FIN", "RST") for event in events):
        raise NotShown(f"the {leg} leg had not ended when the capture did")
    return events


def check_verdict(capture, expected, seen):
    """The expected verdict, word by word, against the legs on which the server's Close frame is."""
    legs = CAPTURED[capture]
    with_close = [leg for leg in legs if any(
        event["event"] == "Close" and event["from"] == LEGS[leg][3]
        and (event["code"], event["reason"]) == (expected["code"], expected["reason"]) for event in seen[leg])]
    wanted = {"delivered": legs, "lost": legs[-1:], "absent": []}[expected["verdict"]]
    if with_close != wanted:
        raise NotShown(f"{capture}: the server's Close is on {with_close or 'no leg'}, not on {wanted or 'none'}")


def describe(timeline):
    start = timeline[0]["at"] if timeline else 0
    return ", ".join(f"{event['at'] - start:.3f} {event['from']}→{event['to']} {event['event']}" for event in timeline)


def at(timeline, source, destination, *kinds):
    """When `source` first sent `destination` one of `kinds` ("Close", "FIN", "RST"); infinity if never."""
    return min((event["at"] for event in timeline
                if (event["from"], event["to"]) == (source, destination) and event["event"] in kinds),
               default=float("inf"))


def end(timeline, leg):
    """When a leg began to end, by either side."""
    return min((event["at"] for event in timeline if event["leg"] == leg and event["event"] != "Close"),
               default=float("inf"))
