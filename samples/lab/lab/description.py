"""What scenario.json says of a recording: see samples/README.md."""

import json

from .scenarios import verdict


def of(scenario, server_options, observed):
    """What ran, what each capture must show, and what was seen; `observed` is by path."""
    if not scenario.sessions:
        session = scenario.each[0]
        return {
            "server": {"behaviour": scenario.server, **server_options},
            "expect": session.expect,
            "expectTogether": together(session.expect),
            "observed": observed[session.path],
        }
    return {
        "sessions": [{"path": session.path, "server": {"behaviour": session.server, **session.server_options},
                      "client": session.client_options} for session in scenario.sessions],
        "expect": {},
        "expectSessions": {capture: [{**identity(scenario, session), **session.expect[capture]}
                                     for session in scenario.sessions] for capture in scenario.captures},
        "expectSessionsTogether": [{**identity(scenario, session), **together(session.expect)}
                                   for session in scenario.sessions],
        "observed": [{"path": path, **summary(timeline)} for path, timeline in observed.items()],
    }


def identity(scenario, session):
    """The path, if the captures show the requests; else code and reason have to do."""
    return {} if scenario.late else {"path": session.path}


def together(expect):
    """The verdict when all captures of a session are given at once: the client-most one's, explained by the others."""
    *inner, outer = expect.values()  # listed from the pod to the client
    carried = next((one for one in inner if one["verdict"] != "absent"), None)
    if not carried or outer["code"]:
        return outer
    word = {"absent": "lost"}.get(outer["verdict"], outer["verdict"])
    return verdict(word, carried["code"], carried["reason"])


def summary(timeline):
    """Of one session among many: the first Close, and the first end of TCP toward or from the client."""
    close = next((event for event in timeline if event["event"] == "Close"), None)
    end = next(event for event in timeline if event["leg"] == "outer" and event["event"] != "Close")
    return {"close": close, "end": end}


def as_json(value, indent=""):
    """Indented, with each element of a list on one line."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(key)}: {as_json(member, inner)}" for key, member in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + json.dumps(element, ensure_ascii=False) for element in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
