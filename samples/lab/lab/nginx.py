"""nginx in the sidecar's place."""

from .network import APP_PORT, SIDECAR_PORT

CONFIGURATION = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-client;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen {port};
    location / {{
      proxy_pass http://{app};
      proxy_bind {source};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
{settings}
    }}
  }}
}}
"""


def command(addresses, settings, folder):
    """The command line; `settings` are directives of the location."""
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(
        folder=folder, port=SIDECAR_PORT, app=f"{addresses.pod}:{APP_PORT}", source=addresses.sidecar,
        settings="\n".join(f"      {name} {value};" for name, value in settings.items())))
    return ["nginx", "-c", file, "-e", "stderr"]
