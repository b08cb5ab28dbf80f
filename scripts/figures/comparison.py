"""Whether wsclose told of each WebSocket what its client and its server saw.

The rules, out of docs/live.md and the meaning of the verdicts:

1. Each WebSocket that a client opened is reported once; its path and its Sec-WebSocket-Key are those of the client. None is
   reported that no client opened.
2. If the client's application got a Close frame: `delivered`, with its code and reason.
3. If it got none (1006) and ended by itself or was ended: `lost` where the server handed a Close frame to its kernel,
   `absent` where it did not.
4. A client that stopped reading and left cannot tell what its kernel had got: where the server sent a Close frame,
   `delivered` is right as well, but only as `acknowledged`, never as `echoed`.
5. A WebSocket that has not ended is `open`, or not reported.
6. Everything else is a mismatch, `undetermined` too.

Two kinds of mismatches are told apart as explained, since what the programs know of themselves is not what was on the wire:

- A client left while the server's Close frame waited in the server's kernel behind its burst, not all of which was sent: the
  server handed the frame to its kernel, and no packet carries it. `absent` is what the wire shows.
- A server without a proxy between it and the client sent a RST right behind its Close frame, before the client's ACK: nothing
  on the wire shows that the frame arrived. `undetermined` (`unacknowledged`) is what can be told.

Where packets were dropped, on purpose, `undetermined` is right as well, and a session whose handshake was dropped has no path:
it is found by the ports of the client's connection and of the one that came to the server.
"""

import collections


def compare(clients, servers, sessions):
    """What clients, server and wsclose said, as lists → what was compared, and every mismatch."""
    by_id = {server["id"]: server for server in servers}
    reported = collections.defaultdict(list)
    for session in sessions:
        reported[(session.get("request") or {}).get("target")].append(session)
    mismatches, explained, kinds = [], [], collections.Counter()
    opened = [client for client in clients if client["opened"]]
    for client in opened:
        told = reported.pop(client["path"], [])
        server = by_id.get(client["id"])
        wrong = judge(client, server, told)
        if wrong:
            why = explanation(client, server, told)
            (explained if why else mismatches).append({
                "wrong": wrong, "why": why, "client": client, "server": server,
                "sessions": [short(session) for session in told]})
        kinds[client["kind"], told[0]["verdict"] if told else "none"] += 1
    unopened = [client for client in clients if not client["opened"]]
    for target, foreign in reported.items():
        mismatches += [{"wrong": "no client opened it", "sessions": [short(session)]} for session in foreign]
    return {
        "opened": len(opened), "notOpened": len(unopened), "reported": len(sessions),
        "verdicts": dict(collections.Counter(session["verdict"] for session in sessions)),
        "kinds": [{"kind": kind, "verdict": verdict, "count": count}
                  for (kind, verdict), count in sorted(kinds.items())],
        "mismatches": mismatches, "explained": explained,
    }


def judge(client, server, told):
    """What is wrong with the report of one WebSocket; None if nothing is."""
    if client.get("isOpen") and not told:
        return None
    if len(told) != 1:
        return f"reported {len(told)} times"
    session = told[0]
    if client.get("isOpen"):
        return None if session["verdict"] == "open" else f"{session['verdict']}, expected open"
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


def explanation(client, server, told):
    """Why the wire shows something else than what the programs know of themselves; None if it does not."""
    if len(told) != 1:
        return None
    verdict, reason, legs = (told[0][key] for key in ("verdict", "reason", "legs"))
    size = int(client["path"].split("/")[8])  # of the burst: see plan.js
    if verdict == "absent" and client.get("left") and server["sent"] and legs[-1]["fromServer"]["payloadBytes"] < size:
        return "not all of the burst before the Close frame was sent when the client left"
    if reason == "unacknowledged" and client["kind"] == "closeThenReset" and len(legs) == 1:
        return "the server's RST came before the client's ACK"
    return None


def verdicts(client, server):
    if client.get("isOpen"):
        return {"open"}
    if client["gotClose"]:
        return {"delivered"}
    if not (server and server["sent"]):
        return {"absent"}
    return {"lost", "delivered"} if client["left"] else {"lost"}


def compare_with_drops(clients, servers, sessions, address="10.9.1.2"):
    """Where packets to and from clients of that address were dropped: what became of each report, and those that are wrong."""
    by_path = {client["path"]: client for client in clients}
    by_port = {f"{address}:{client['port']}": client for client in clients if "port" in client}
    server_by_id = {server["id"]: server for server in servers}
    server_by_port = {f"127.0.0.6:{server['port']}": server for server in servers}
    counts, wrong = collections.Counter(), []
    for session in sessions:
        ports = [leg["client"] for leg in session["legs"]]
        client = by_path.get((session.get("request") or {}).get("target")) or next(
            (by_port[port] for port in ports if port in by_port), None)
        is_hers = any(port in by_port for port in ports)
        server = server_by_id.get(client["id"]) if client else next(
            (server_by_port[port] for port in ports if port in server_by_port), None)
        counts["of all legs" if len(ports) >= 3 else "of some legs"] += 1
        counts[session["verdict"]] += 1
        if session["verdict"] == "undetermined":
            continue
        if is_hers:  # the client's own connection was seen: her word counts
            expected = verdicts(client, server)
        elif server:  # of the legs behind only: what her proxy did is not known
            expected = {"delivered", "lost"} if server["sent"] else {"absent"}
        else:
            counts["of a leg between proxies only"] += 1
            continue
        if session["verdict"] not in expected and not (client and explanation(client, server, [session])):
            wrong.append({"wrong": f"{session['verdict']}, expected {' or '.join(sorted(expected))}", "client": client,
                          "server": server, "sessions": [short(session)], "legs": session["legs"]})
    return {"opened": sum(client["opened"] for client in clients), "reported": len(sessions), **counts, "wrong": wrong}


def short(session):
    """Without what is long."""
    return {key: session.get(key) for key in (
        "id", "key", "verdict", "reason", "answer", "close", "clientClose", "delivery", "teardown")} | {
            "target": (session.get("request") or {}).get("target"),
            "findings": [finding["rule"] for finding in session.get("findings", [])]}
