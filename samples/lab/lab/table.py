"""The tables of samples in samples/README.md, made from the folders' own JSON."""

import collections
import json

from .check import ENDS

FOLDERS = ("recorded", "encrypted")


def update(samples):
    """Rewrites the tables, each between the two marks of its folder in the README."""
    readme = samples / "README.md"
    text = readme.read_text()
    for folder in FOLDERS:
        begin, end = f"<!-- {folder}: begin -->\n", f"<!-- {folder}: end -->\n"
        rows = ["| sample | what it shows | client | it reported | on the wire | verdicts |", "|---|---|---|---|---|---|"]
        rows += [row(sample) for sample in sorted((samples / folder).iterdir()) if (sample / "scenario.json").exists()]
        text = text.split(begin)[0] + begin + "\n".join(rows) + "\n" + end + text.split(end)[1]
    readme.write_text(text)


def row(folder):
    scenario = json.loads((folder / "scenario.json").read_text())
    client = json.loads((folder / "client.json").read_text())
    expected = {**{file: [one] for file, one in scenario["expect"].items()}, **scenario.get("expectSessions", {})}
    verdicts = "<br>".join(f"{file.removesuffix('.pcap')}: {tally(one['verdict'] for one in sessions)}"
                           for file, sessions in expected.items())
    many = client.get("sessions")
    told = tally(one["code"] for one in many) if many else reported(client)
    seen = wire_of_many(scenario["observed"]) if many else wire(scenario["observed"])
    return (f"| [`{folder.name}`]({folder.parent.name}/{folder.name}) | {scenario['title']} | {client['client']} {client['version']} "
            f"| {told} | {seen} | {verdicts} |")


def tally(values):
    """`4321`, or of many `10 × 4321, 5 × 1000, 20 others`."""
    counts = collections.Counter(values).most_common()
    if sum(count for _, count in counts) == 1:
        return counts[0][0]
    single = [value for value, count in counts if count == 1]
    parts = [f"{count} × {value}" for value, count in counts if count > 1]
    return ", ".join(parts + ([f"{len(single)} of their own"] if single else []))


def reported(client):
    clean = {True: ", clean", False: ", not clean", None: ""}[client["wasClean"]]
    reason = f" \"{client['reason']}\"" if client["reason"] else ""
    count = client["messages"]
    messages = f", {count} message{'s' if count > 1 else ''}" if count else ""
    return f"{client['code']}{reason}{clean}{messages}"


def wire(observed):
    """The first Close and the first end of each leg, in order."""
    parts, told = [], set()
    for event in observed:
        if event["event"] not in ("Close", *ENDS):
            continue
        kind = "Close" if event["event"] == "Close" else "end"
        key = event["from"] if kind == "Close" and event["from"] in ("app", "client") else (event["leg"], kind)
        if kind == "Close" and event["from"] not in ("app", "client") or key in told:
            continue
        told.add(key)
        error = f" {event['error']}" if "error" in event else ""
        parts.append(f"{event['at']:.3f} s {event['from']} → {event['to']} {event['event']}{error}")
    return "<br>".join(parts)


def wire_of_many(observed):
    """How the sessions were closed and ended, and when the first and the last ones were."""
    parts = []
    for key in ("close", "end"):
        events = [one[key] for one in observed if one[key]]
        kinds = collections.defaultdict(list)
        for event in events:
            kinds[f"{event['from']} → {event['to']} {event['event']}"].append(event["at"])
        parts += [f"{min(times):.3f} … {max(times):.3f} s {len(times)} × {kind}" for kind, times in kinds.items()]
    return "<br>".join(parts)
