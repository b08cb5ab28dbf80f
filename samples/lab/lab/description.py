"""What scenario.json says of a recording: see samples/README.md."""

import json

from .check import CAPTURED, ENDS
from .scenarios import verdict


def of(scenario, server_options, observed):
    """What ran, what each capture must show, and what was seen; `observed` is by path."""
    if not scenario.sessions:
        session = scenario.each[0]
        return {
            "server": {"behaviour": scenario.server, **server_options},
            "expect": session.expect,
            "expectTogether": together(session.expect),
            **({"transports": transports(scenario),
                "expectWithoutKeys": {capture: without_keys(scenario, session.expect[capture], CAPTURED[capture])
                                      for capture in scenario.captures},
                "expectTogetherWithoutKeys": without_keys(scenario, together(session.expect), legs(scenario)),
                } if scenario.folder == "encrypted" else {}),
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
        **({"transports": transports(scenario),
            "expectSessionsWithoutKeys": {
                capture: [{**identity(scenario, session), **without_keys(scenario, session.expect[capture], CAPTURED[capture])}
                          for session in scenario.sessions] for capture in scenario.captures},
            "expectSessionsTogetherWithoutKeys": [
                {**identity(scenario, session), **without_keys(scenario, together(session.expect), legs(scenario))}
                for session in scenario.sessions],
            } if scenario.folder == "encrypted" else {}),
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


def transports(scenario):
    """What each leg speaks below the WebSocket."""
    return {leg: " ".join(filter(None, (
        transport.tls and f"TLS {transport.tls}", "mutual" if transport.is_mutual else "",
        "HTTP/2" if transport.http2 else "HTTP/1.1",
        "CONNECT" if transport.tunnel else ""))) for leg, transport in scenario.transports.items()}


def legs(scenario):
    """All that the captures show, client side first."""
    return [leg for leg in scenario.transports if any(leg in CAPTURED[capture] for capture in scenario.captures)]


def without_keys(scenario, expected, legs):
    """What may be said of a session when the keys are not given, by what the legs' bytes tell and what they hide.

    `verdicts` are the words of which one must be said. With `sessionOptional` it is right as well to say nothing.
    """
    hidden = [bool(scenario.transports[leg].tls) for leg in legs]
    if all(hidden):
        return {"verdicts": ["undetermined"], "sessionOptional": True}
    told = {"code": expected["code"], "reason": expected["reason"]}
    if not hidden[0] and (expected["verdict"] == "delivered" or not hidden[-1]):
        return {"verdicts": [expected["verdict"]], **told}
    if hidden[-1]:  # the Close of the server is seen nowhere
        return {"verdicts": ["absent", "undetermined"], "code": None, "reason": None}
    return {"verdicts": [expected["verdict"], "undetermined"], **told}


def summary(timeline):
    """Of one session among many: the first Close, and the first end of TCP toward or from the client."""
    close = next((event for event in timeline if event["event"] == "Close"), None)
    end = next(event for event in timeline if event["leg"] == "outer" and event["event"] in ENDS)
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
