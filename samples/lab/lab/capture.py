"""tcpdump, started before the traffic and stopped well after it."""

import re
import signal

from .processes import LabError, Program, wait_until


class Capture:
    """One running tcpdump that writes `file`."""

    def __init__(self, namespace, interface, file, expression, folder, snaplen=0):
        self.file = file
        self.program = Program(namespace, f"tcpdump-{file.stem}", [
            "tcpdump", "-i", interface, "-n", "-s", snaplen, "-w", file,
            "-U",                # nothing is lost if the end comes early
            "-B", 65536,         # KiB: a burst does not overrun it
            "--immediate-mode",  # packets arrive one by one, in order
            "-Z", "root",        # may write where root may
            expression], folder)
        wait_until(lambda: "listening on" in self.program.errors or self.program.process.poll() is not None,
                   10, "tcpdump to listen")
        if self.program.process.poll() is not None:
            raise LabError(f"tcpdump: {self.program.errors.strip()}")

    def stop(self):
        """Ends the capture; fails if the kernel dropped packets, because then the sample has holes."""
        self.program.stop(signal.SIGINT)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self.program.errors)
        if not dropped or int(dropped[1]):
            raise LabError(f"{self.file.name}: {self.program.errors.strip()}")
