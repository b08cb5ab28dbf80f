"""The table of samples in samples/README.md, made from the folders' own JSON."""

import json

BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def update(readme, recorded):
    """Rewrites the table between the two marks of the README."""
    rows = ["| sample | what it shows | client | it reported | on the wire | verdicts |", "|---|---|---|---|---|---|"]
    rows += [row(folder) for folder in sorted(recorded.iterdir()) if (folder / "scenario.json").exists()]
    text = readme.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(before + BEGIN + "\n".join(rows) + "\n" + END + after)


def row(folder):
    scenario = json.loads((folder / "scenario.json").read_text())
    client = json.loads((folder / "client.json").read_text())
    verdicts = "<br>".join(f"{file.removesuffix('.pcap')}: {expected['verdict']}"
                           for file, expected in scenario["expect"].items())
    return (f"| [`{folder.name}`](recorded/{folder.name}) | {scenario['title']} | {client['client']} {client['version']} "
            f"| {reported(client)} | {wire(scenario['observed'])} | {verdicts} |")


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
        kind = "Close" if event["event"] == "Close" else "end"
        key = event["from"] if kind == "Close" and event["from"] in ("app", "client") else (event["leg"], kind)
        if kind == "Close" and event["from"] not in ("app", "client") or key in told:
            continue
        told.add(key)
        parts.append(f"{event['at']:.3f} s {event['from']} → {event['to']} {event['event']}")
    return "<br>".join(parts)
