"""What befalls connections that are open: functions that take the recording."""

import signal
import time

from .envoy import ADMIN_PORT


def killed(name):
    """`sidecar` or `gateway` is gone from one moment to the next."""
    def happen(recording):
        getattr(recording, name).send(signal.SIGKILL)
    return happen


def switch_fails(recording):
    """Nothing passes between client and gateway any more; both keep their own link."""
    recording.network.set_switch("down")


def drained_then_ended(recording):
    """As Istio ends a pod: the sidecar drains its listeners, and is ended a while later."""
    admin(recording, "drain_listeners?graceful")
    time.sleep(2)
    recording.sidecar.send(signal.SIGTERM)


def admin(recording, command):
    """One request to the sidecar Envoy's admin interface."""
    recording.network.inside(recording.network.pod, "/usr/bin/python3", "-c", (
        "import sys, urllib.request; urllib.request.urlopen(urllib.request.Request(sys.argv[1], method='POST'), timeout=5)"
    ), f"http://127.0.0.1:{ADMIN_PORT}/{command}")
