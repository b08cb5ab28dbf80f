"""What a leg speaks below the WebSocket: TLS, HTTP/2, a tunnel."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Transport:
    tls: str = ""           # "1.2" or "1.3"; empty: cleartext
    cipher: str = ""        # the only one that the server takes; TLS 1.2 only, Envoy has no say in it in 1.3
    is_mutual: bool = False  # the client side shows a certificate too, as in a mesh
    http2: bool = False     # the WebSocket is a stream (RFC 8441), or the tunnel is one
    window: int = 0         # HTTP/2's initial window of a stream, in bytes; 0: Envoy's default of 16 MiB
    tunnel: bool = False    # a CONNECT, and in it the TCP connection that carries the WebSocket

    @property
    def has_cbc(self):
        """Whether the cipher suite is one of the old ones, which layers.py does not read."""
        return self.cipher.endswith("-SHA")


PLAIN = Transport()
