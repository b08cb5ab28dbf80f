"""Commands that finish, programs that run, and waits that always end."""

import contextlib
import os
import signal
import subprocess
import time


class LabError(Exception):
    """The lab could not do what was asked; the message says what and why."""


def run(*command, seconds=60):
    """Runs a command to its end and returns what it printed; fails with its error text."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise LabError(f"{' '.join(command)}: not done after {seconds} s") from None
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def wait_until(condition, seconds, what):
    """Polls until `condition()` is true and returns its value; fails naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise LabError(f"gave up after {seconds} s waiting for {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def uninterrupted():
    """Holds Ctrl-C and SIGTERM back, so that what was half made or half removed is not forgotten."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Program:
    """One program started in a namespace, its output in files under `folder`."""

    def __init__(self, namespace, name, command, folder, environment=None):
        self.name = name
        self.output_file = folder / f"{name}.out"
        self.error_file = folder / f"{name}.err"
        home = folder / f"{name}.home"
        home.mkdir()
        with open(self.output_file, "w") as output, open(self.error_file, "w") as errors:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=folder,
                # A fresh home and no foreign settings, so that a recording depends on no one's machine.
                env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8",
                     "NODE_PATH": "/usr/share/nodejs", **(environment or {})},
                start_new_session=True)  # Ctrl-C reaches only the lab, which then ends its programs in order

    @property
    def output(self):
        return self.output_file.read_text(errors="replace")

    @property
    def errors(self):
        return self.error_file.read_text(errors="replace")

    def wait_for_lines(self, count, seconds):
        """The first `count` complete lines that the program prints."""
        def lines():
            has_ended = self.process.poll() is not None
            output = self.output
            if output.count("\n") >= count:
                return output
            if has_ended:
                raise LabError(f"{self.name} ended with {self.process.returncode}: {self.errors[-500:]}")
        return wait_until(lines, seconds, f"{self.name}'s report").splitlines()[:count]

    def send(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=5):
        """Ends the program with a signal, and for certain with SIGKILL if that does not do."""
        self.send(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(seconds)
