"""A running `wsclose live`: what it writes, tells of itself, and takes of the machine."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from lab.processes import LabError, run, wait_until

TICKS = os.sysconf("SC_CLK_TCK")
NOBODY = 65534


class Live:
    """A context: the program runs inside `with`. Its files are in `folder`, which becomes nobody's, as wsclose does.
    A plain one has no endpoint, and its sessions as text on standard output."""

    def __init__(self, program, folder, *options, namespace=None, is_plain=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(self.folder, NOBODY, NOBODY)
        self.output = self.folder / "sessions.ndjson"
        self.errors_file = self.folder / "wsclose.err"
        self.text_file = self.folder / "wsclose.out"
        self.port = free_port()
        self.namespace = namespace
        self.command = [
            *(["ip", "netns", "exec", namespace] if namespace else []), str(program), "live", *map(str, options),
            *([] if is_plain else ["--output", str(self.output), "--listen", f"127.0.0.1:{self.port}"])]

    def __enter__(self):
        with open(self.errors_file, "w") as errors, open(self.text_file, "w") as text:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=text, stderr=errors, cwd=self.folder, start_new_session=True)
        try:
            wait_until(lambda: self.is_ready() or self.process.poll() is not None, 30, "the capture to begin")
            if self.process.poll() is not None:
                raise LabError(f"{self.command} ended with {self.process.returncode}: {self.errors}")
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def is_ready(self):
        return "listening on" in self.errors

    @property
    def errors(self):
        return self.errors_file.read_text(errors="replace")

    def send(self, number):
        self.process.send_signal(number)

    def finish(self, seconds=60):
        """Interrupts it; its summary, which is what standard error ends with, or if it is plain standard output."""
        before = len(self.errors)
        self.send(signal.SIGINT)
        self.process.wait(seconds)
        if self.process.returncode != 0:
            raise LabError(f"wsclose ended with {self.process.returncode}: {self.errors[-500:]}")
        return self.errors[before:].strip() or self.text_file.read_text(errors="replace")[-2000:]

    def forget(self):
        """Removes its files."""
        shutil.rmtree(self.folder)

    def sessions(self):
        """What it has written, file by file in the order of their time: the numbers of former files go down."""
        former = sorted(self.folder.glob(f"{self.output.name}.*"), key=lambda file: -int(file.suffix[1:]))
        return [json.loads(line) for file in [*former, self.output] for line in file.read_text().splitlines()]

    def cpu(self):
        """Seconds of CPU that all its threads have taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Bytes that it has in memory now, and the most that it ever had."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        return tuple(int(status[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))

    def metrics(self):
        """Name with labels → number, as the endpoint tells it."""
        lines = self.fetch("/metrics").splitlines()
        values = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in values}

    def fetch(self, page):
        url = f"http://127.0.0.1:{self.port}{page}"
        if self.namespace:  # its loopback is another one
            return run("ip", "netns", "exec", self.namespace, "/usr/bin/python3", "-c", (
                "import sys, urllib.request\n"
                "print(end=urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"), url)
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()

    def wait_for(self, condition, seconds, what):
        """Until the metrics, a dictionary, are as they should be."""
        return wait_until(lambda: condition(self.metrics()), seconds, what)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def say(text):
    """With the time of day."""
    print(time.strftime("%H:%M:%S"), text, flush=True)
