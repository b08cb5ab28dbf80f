"""A cable between two namespaces, over which tcpreplay sends a capture."""

import os
import re
from dataclasses import dataclass

from lab.network import Network
from lab.processes import LabError


@dataclass(frozen=True)
class Sent:
    """What tcpreplay says it has sent."""
    packets: int
    bytes: int
    seconds: float

    @property
    def rate(self):
        return self.packets / self.seconds

    @property
    def megabits(self):
        """A second."""
        return self.bytes * 8 / self.seconds / 1e6


class Cable(Network):
    """A context: s0 in one namespace, r0 in the other, no addresses, so that no kernel answers what is sent."""

    def __init__(self):
        super().__init__()
        self.left, self.right = (f"wsclose-{os.getpid()}-{name}" for name in ("send", "receive"))

    def build(self):
        for namespace in (self.left, self.right):
            self.add_namespace(namespace)
        self.link(self.left, "s0", None, self.right, "r0", None)

    def replay(self, capture, rate=None, seconds=60):
        """Sends a capture from memory, so many packets a second or as fast as can be, for so long at most."""
        said = self.inside(self.left, "tcpreplay", "-i", "s0", "--preload-pcap", "--no-flow-stats", f"--duration={seconds}",
                           "--topspeed" if rate is None else f"--pps={rate}", str(capture))
        match = re.search(r"Actual: (\d+) packets \((\d+) bytes\) sent in ([\d.]+) seconds", said)
        failed = re.search(r"Failed packets:\s+(\d+)", said)
        if not match or not failed or int(failed[1]):
            raise LabError(f"tcpreplay: {said}")
        return Sent(int(match[1]), int(match[2]), float(match[3]))
