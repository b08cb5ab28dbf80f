"""Whether wsclose told of each WebSocket what its client and its server saw.

The rules, out of docs/live.md and the meaning of the verdicts:

1. Each WebSocket that a client opened is reported once; its path and its Sec-WebSocket-Key are those of the client. None is
   reported that no client opened.
2. If the client's application got a Close frame: `delivered`, with its code and reason.
3. If it got none (1006) and ended by itself or was ended: `lost` where the server handed a Close frame to its kernel,
   `absent` where it did not.
4. A client that stopped reading and left cannot tell what its kernel had got: where the server sent a Close frame,
   `delivered` is right as well, but only as `acknowledged`, never as `echoed`.
5. Everything else is a mismatch, `undetermined` too.
"""

import collections


def compare(clients, servers, sessions):
    """What clients, server and wsclose said, as lists → what was compared, and every mismatch."""
    by_id = {server["id"]: server for server in servers}
    reported = collections.defaultdict(list)
    for session in sessions:
        reported[(session.get("request") or {}).get("target")].append(session)
    mismatches, kinds = [], collections.Counter()
    opened = [client for client in clients if client["opened"]]
    for client in opened:
        told = reported.pop(client["path"], [])
        server = by_id.get(client["id"])
        wrong = judge(client, server, told)
        if wrong:
            mismatches.append({"wrong": wrong, "client": client, "server": server,
                               "sessions": [short(session) for session in told]})
        kinds[client["kind"], told[0]["verdict"] if told else "none"] += 1
    unopened = [client for client in clients if not client["opened"]]
    for target, foreign in reported.items():
        mismatches += [{"wrong": "no client opened it", "sessions": [short(session)]} for session in foreign]
    return {
        "opened": len(opened), "notOpened": len(unopened), "reported": len(sessions),
        "verdicts": dict(collections.Counter(session["verdict"] for session in sessions)),
        "kinds": [{"kind": kind, "verdict": verdict, "count": count} for (kind, verdict), count in sorted(kinds.items())],
        "mismatches": mismatches,
    }


def judge(client, server, told):
    """What is wrong with the report of one WebSocket; None if nothing is."""
    if len(told) != 1:
        return f"reported {len(told)} times"
    session = told[0]
    if session["key"] != client["key"]:
        return "another key"
    expected = verdicts(client, server)
    if session["verdict"] not in expected:
        return f"{session['verdict']} ({session.get('reason')}), expected {' or '.join(sorted(expected))}"
    if client["gotClose"]:
        close = session["close"]
        code = 1005 if close["code"] is None else close["code"]  # as the API of WebSockets says "none"
        if (code, close["reason"] or "") != (client["code"], client["reason"]):
            return f"{code} {close['reason']!r}, expected {client['code']} {client['reason']!r}"
    elif session["verdict"] == "delivered" and session["delivery"]["proof"] == "echoed":
        return "echoed, by a client whose application got no Close frame"
    return None


def verdicts(client, server):
    if client["gotClose"]:
        return {"delivered"}
    if not (server and server["sent"]):
        return {"absent"}
    return {"lost", "delivered"} if client["left"] else {"lost"}


def short(session):
    """Without what is long."""
    return {key: session.get(key) for key in (
        "id", "key", "verdict", "reason", "answer", "close", "clientClose", "delivery", "teardown")} | {
            "target": (session.get("request") or {}).get("target"),
            "findings": [finding["rule"] for finding in session.get("findings", [])]}
