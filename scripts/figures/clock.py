"""The first and only process of a Linux of its own (user-mode-linux), which scripts/survive starts: clock.py PROGRAM FOLDER

Has wsclose live watch WebSockets on loopback while the clock is set back and forth, writes the steps to steps.json, and
turns that Linux off.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from figures.live import Live
from lab.processes import run, wait_until

PEERS = Path(__file__).resolve().parent
STEPS = (-3600, 30, -86400, 1800, -5, 7200)  # seconds; the last one is more than --idle-timeout


def main():
    program, folder = Path(sys.argv[1]), Path(sys.argv[2])
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run")):
        run("mount", "-t", kind, kind, place)
    run("ip", "link", "set", "lo", "up")
    server = start(folder, "server", "server.js", "9900")
    wait_until(lambda: ":9900 " in run("ss", "-Htln"), 30, "the server")
    subprocess.Popen(["tcpdump", "-i", "lo", "-n", "-U", "-Z", "root", "-w", folder / "packets.pcap", "tcp port 9900"],
                     stderr=subprocess.DEVNULL)
    with Live(program, folder / "wsclose", "-i", "lo", "-f", "tcp port 9900") as live:
        clients = start(folder, "clients", "client.js", "ws://127.0.0.1:9900/", "300", "1.2")
        steps = []
        for seconds in STEPS:
            time.sleep(11)
            time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
            steps.append({"seconds": seconds, "at": time.monotonic()})
        clients.wait(120)
        time.sleep(15)
        print(live.finish(), flush=True)
    server.kill()
    (folder / "steps.json").write_text(json.dumps(steps))


def start(folder, name, *command):
    with open(folder / f"{name}.out", "w") as output, open(folder / f"{name}.err", "w") as errors:
        return subprocess.Popen(["node", PEERS / command[0], *command[1:]], stdout=output, stderr=errors,
                                env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})


if __name__ == "__main__":
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    try:
        main()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os.sync()
    ctypes.CDLL(None).reboot(0x4321FEDC)  # LINUX_REBOOT_CMD_POWER_OFF
