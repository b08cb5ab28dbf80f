"""The clients: node's ws, and browsers that open a page which reports what it was told."""

import json
from pathlib import Path

from .network import bracketed
from .processes import Program, wait_until

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


def start(kind, network, folder, options):
    """Starts a client; returns the program that will print the reports, one a line."""
    url = f"ws://{bracketed(network.addresses.gateway)}/feed"
    if kind == "node":
        return Program(network.client, "client", ["node", PEERS / "client.js", url, json.dumps(options)], folder)
    reporter = Program(network.client, "page-server", ["/usr/bin/python3", PEERS / "page-server.py", PAGE_PORT], folder)
    wait_until(lambda: network.is_listening(network.client, PAGE_PORT), 10, "the page's server")
    profile = folder / f"{kind}.profile"
    profile.mkdir()
    Program(network.client, kind, browser(kind, profile, f"http://127.0.0.1:{PAGE_PORT}/page.html?url={url}"), folder)
    return reporter


def browser(kind, profile, page):
    if kind == "chromium":
        return ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}", page]
    settings = "".join(f'user_pref("{name}", {value});\n' for name, value in FIREFOX_SETTINGS.items())
    (profile / "user.js").write_text(settings)
    return ["firefox-esr", "--headless", "--profile", profile, "--no-remote", page]
