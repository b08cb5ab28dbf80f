"""nginx in the sidecar's place, or in the gateway's with TLS."""

from .network import APP_PORT, SIDECAR_PORT

CONFIGURATION = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/{name}.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-client;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
{server}
    location / {{
      proxy_pass http://{app};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
{location}
    }}
  }}
}}
"""


# What Envoy does not do: answer early data, pad records.
TLS = {
    "listen": "443 ssl",
    "ssl_protocols": "TLSv1.3",
    "ssl_certificate": "certificates/edge.crt",
    "ssl_certificate_key": "certificates/edge.key",
}


def command(addresses, settings, folder):
    """The command line; `settings` are directives of the location."""
    return run_with("nginx", {"listen": SIDECAR_PORT}, {"proxy_bind": addresses.sidecar, **settings}, addresses, folder)


def gateway(addresses, settings, folder):
    """The command line; `settings` are directives of the server."""
    return run_with("nginx-gateway", {**TLS, **settings}, {}, addresses, folder)


def run_with(name, server, location, addresses, folder):
    file = folder / f"{name}.conf"
    file.write_text(CONFIGURATION.format(folder=folder, name=name, app=f"{addresses.pod}:{APP_PORT}",
                                         server=directives(server, 4), location=directives(location, 6)))
    return ["nginx", "-c", file, "-e", "stderr"]


def directives(settings, indent):
    return "\n".join(f"{' ' * indent}{name} {value};" for name, value in settings.items())
