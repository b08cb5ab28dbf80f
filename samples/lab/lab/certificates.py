"""The lab's own certificate authority, made anew for every run, and what it vouches for."""

from .processes import run

# Who proves what: the edge its address, and both Envoys the identity that a mesh would give them.
NAMES = {
    "edge": "IP:10.9.1.1,DNS:gateway.lab.example",
    "gateway": "URI:spiffe://lab.example/ns/edge/sa/gateway",
    "sidecar": "URI:spiffe://lab.example/ns/app/sa/app,DNS:app.lab.example",
}
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def make(folder):
    """Writes ca.crt, and for every name NAME.crt and NAME.key, into `folder`."""
    folder.mkdir()
    run("openssl", "req", "-x509", *KEY, "-days", "30", "-subj", "/O=lab", "-keyout", f"{folder}/ca.key",
        "-out", f"{folder}/ca.crt")
    for name, alternative in NAMES.items():
        base = f"{folder}/{name}"
        run("openssl", "req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
        run("openssl", "x509", "-req", "-in", f"{base}.csr", "-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", f"{base}.ext", "-out", f"{base}.crt")
