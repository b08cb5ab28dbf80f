"""The clients: node's ws, and browsers that open a page which reports what it was told."""

import json
from pathlib import Path

from .network import bracketed
from .processes import Program, run, wait_until

PEERS = Path(__file__).resolve().parent.parent / "peers"
PAGE_PORT = 8000

# Firefox opens pages about itself in a new profile, and asks its maker's servers for this and that.
FIREFOX_SETTINGS = {
    "browser.aboutwelcome.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "toolkit.telemetry.enabled": "false",
    "app.normandy.enabled": "false",
}




def start(scenario, network, folder, options):
    """Starts a client; returns the program that will print the reports, one a line."""
    kind, outer = scenario.client, scenario.outer
    scheme = "wss" if outer.tls else "ws"
    url = f"{scheme}://{bracketed(network.addresses.gateway)}/feed"
    if kind == "node":
        keys = [f"--tls-keylog={folder}/client.keys"] if outer.tls else []
        return Program(network.client, "client", [
            "node", *keys, PEERS / "client.js", url, json.dumps(options), *(["http2"] if outer.http2 else [])], folder)
    if kind == "openssl":
        return Program(network.client, "client", [
            "/usr/bin/python3", PEERS / "openssl-client.py", network.addresses.gateway, scenario.gateway_port,
            folder / "client.keys", json.dumps(options)], folder)
    # The page comes from the client's own machine, and through the gateway where its HTTP/2 connection is wanted.
    at, page = (network.gateway, f"https://{network.addresses.gateway}") if outer.http2 else (
        network.client, f"http://127.0.0.1:{PAGE_PORT}")
    reporter = Program(at, "page-server", ["/usr/bin/python3", PEERS / "page-server.py", PAGE_PORT], folder)
    wait_until(lambda: network.is_listening(at, PAGE_PORT), 10, "the page's server")
    profile = folder / f"{kind}.profile"
    profile.mkdir()
    if outer.tls and kind == "firefox":
        trust(profile, folder / "certificates" / "ca.crt")
    Program(network.client, kind, browser(kind, profile, f"{page}/page.html?url={url}"), folder,
            {"SSLKEYLOGFILE": f"{folder}/client.keys"} if outer.tls else None)
    return reporter


def trust(profile, authority):
    """Firefox knows only the authorities of its profile."""
    run("certutil", "-N", "--empty-password", "-d", f"sql:{profile}")
    run("certutil", "-A", "-n", "lab", "-t", "C,,", "-i", str(authority), "-d", f"sql:{profile}")


def browser(kind, profile, page):
    if kind == "chromium":
        return ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--ignore-certificate-errors",
                f"--user-data-dir={profile}", page]
    settings = "".join(f'user_pref("{name}", {value});\n' for name, value in FIREFOX_SETTINGS.items())
    (profile / "user.js").write_text(settings)
    return ["firefox-esr", "--headless", "--profile", profile, "--no-remote", page]
