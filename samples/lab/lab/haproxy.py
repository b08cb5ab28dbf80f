"""HAProxy in the sidecar's place."""

from .network import APP_PORT, SIDECAR_PORT

CONFIGURATION = """\
global
  maxconn 100
defaults
{settings}
frontend sidecar
  bind :{port}
  default_backend app
backend app
  server app {app} source {source}
"""
# HAProxy warns if the timeouts are missing.
DEFAULTS = {"mode": "http", "timeout connect": "5s", "timeout client": "30s", "timeout server": "30s"}


def command(addresses, settings, folder):
    """The command line; `settings` are added to the defaults."""
    file = folder / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(
        port=SIDECAR_PORT, app=f"{addresses.pod}:{APP_PORT}", source=addresses.sidecar,
        settings="\n".join(f"  {name} {value}" for name, value in {**DEFAULTS, **settings}.items())))
    return ["haproxy", "-db", "-f", file]
