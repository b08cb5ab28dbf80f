"""What a stream carries inside of another: TLS with the keys of a recording, and HTTP/2.

As pcap.py: for recordings that are whole, and shares nothing with wsclose. Every piece remembers the place in its
carrier where it was complete, because there are the packet and the ACK that tell when, and whether, it arrived.
"""

import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from hpack import Decoder

from .pcap import Stream, Unreadable


class Layer(Stream):
    """One direction of what `carrier` carries."""

    def __init__(self, carrier, has_handshake=True):
        super().__init__()
        self.carrier = carrier
        self.pieces = []  # (its end in this stream, its end in the carrier)
        self.bytes = bytearray()
        self.own_ends = []
        self.has_syn = has_handshake

    def append(self, data, carrier_end):
        self.bytes += data
        self.pieces.append((len(self.bytes), carrier_end))

    def end(self, event, carrier_end, **more):
        self.own_ends.append({"at": self.carrier.segment_of(carrier_end - 1)[0], "event": event, **more})

    @property
    def data(self):
        return bytes(self.bytes)

    @property
    def ends(self):
        return self.own_ends + self.carrier.ends

    def carrier_end(self, end):
        return next(outer for inner, outer in self.pieces if inner >= end)

    def segment_of(self, position):
        return self.carrier.segment_of(self.carrier_end(position + 1) - 1)

    def is_acknowledged(self, end):
        return self.carrier.is_acknowledged(self.carrier_end(end))


# TLS

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, END_OF_EARLY_DATA, FINISHED, KEY_UPDATE = 1, 2, 5, 20, 24
HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
SUITES = {  # → (AEAD, bytes of its key, hash, whether the nonce is in the record)
    0x1301: (AESGCM, 16, "sha256", False),
    0x1302: (AESGCM, 32, "sha384", False),
    0x1303: (ChaCha20Poly1305, 32, "sha256", False),
    0xC02B: (AESGCM, 16, "sha256", True),
    0xC02C: (AESGCM, 32, "sha384", True),
    0xC02F: (AESGCM, 16, "sha256", True),
    0xC030: (AESGCM, 32, "sha384", True),
    0xCCA8: (ChaCha20Poly1305, 32, "sha256", False),
    0xCCA9: (ChaCha20Poly1305, 32, "sha256", False),
}


def read_keys(lines):
    """(label, client random) → secret, of a key log."""
    keys = {}
    for line in lines:
        label, random, secret = line.split()
        keys[label, bytes.fromhex(random)] = bytes.fromhex(secret)
    return keys


def decrypt(to_server, to_client, keys):
    """Both directions of what a TLS connection carries."""
    random = hello(to_server, CLIENT_HELLO)[2:34]
    answer = hello(to_client, SERVER_HELLO)
    at = 35 + answer[34]
    suite = int.from_bytes(answer[at:at + 2], "big")
    if suite not in SUITES:
        raise Unreadable(f"the cipher suite {suite:04x}")
    try:
        if suite >> 8 == 0x13:
            return (decrypt_13(to_server, "CLIENT", suite, random, keys),
                    decrypt_13(to_client, "SERVER", suite, random, keys))
        return decrypt_12(to_server, to_client, suite, random, answer[2:34], keys[("CLIENT_RANDOM", random)])
    except KeyError as missing:
        raise Unreadable(f"no key {missing}") from None
    except InvalidTag:
        raise Unreadable("a record that its key does not open") from None


def records(stream):
    """Every record: (type, header, body, offset of its end)."""
    data, at = stream.data, 0
    while at + 5 <= len(data):
        header, length = data[at:at + 5], int.from_bytes(data[at + 3:at + 5], "big")
        body = data[at + 5:at + 5 + length]
        at += 5 + length
        if len(body) == length:
            yield header[0], header, body, at


def hello(stream, kind):
    """The body of the last hello of a kind that is not a request to try again."""
    flight = b"".join(body for record, _, body, _ in records(stream) if record == HANDSHAKE)
    found = [body for number, body in messages(flight) if number == kind and body[2:34] != HELLO_RETRY]
    if not found:
        raise Unreadable("TLS without its hello")
    return found[-1]


def messages(flight):
    at = 0
    while at + 4 <= len(flight):
        length = int.from_bytes(flight[at + 1:at + 4], "big")
        yield flight[at], flight[at + 4:at + 4 + length]
        at += 4 + length


class Cipher:
    """A key, and the number of the next record under it."""

    def __init__(self, suite, key, iv):
        self.aead, self.iv, self.explicit, self.number = SUITES[suite][0](key), iv, SUITES[suite][3], 0

    def open(self, body, additional):
        sequence = struct.pack(">Q", self.number)
        self.number += 1
        if self.explicit:
            return self.aead.decrypt(self.iv + body[:8], body[8:], additional(sequence, len(body) - 24))
        nonce = bytes(a ^ b for a, b in zip(self.iv, b"\0" * 4 + sequence))
        return self.aead.decrypt(nonce, body, additional(sequence, len(body) - 16))


def decrypt_13(stream, side, suite, random, keys):
    layer = Layer(stream)
    handshake = keys[f"{side}_HANDSHAKE_TRAFFIC_SECRET", random]
    secret = keys.get((f"{side}_EARLY_TRAFFIC_SECRET", random), handshake)
    cipher, flight = cipher_13(suite, secret), b""
    for kind, header, body, end in records(stream):
        if kind != APPLICATION:
            continue
        inner = cipher.open(body, lambda *_: header).rstrip(b"\0")
        inner, kind = inner[:-1], inner[-1]
        if kind == APPLICATION:
            layer.append(inner, end)
        elif kind == ALERT:
            layer.end(alert(inner), end)
        else:
            flight += inner
            for number, message in messages(flight):
                if number == END_OF_EARLY_DATA:
                    secret = handshake
                elif number == FINISHED:
                    secret = keys[f"{side}_TRAFFIC_SECRET_0", random]
                elif number == KEY_UPDATE:
                    secret = expand(suite, secret, "traffic upd", len(secret))
                else:
                    continue
                cipher, flight = cipher_13(suite, secret), b""
    return layer


def cipher_13(suite, secret):
    return Cipher(suite, expand(suite, secret, "key", SUITES[suite][1]), expand(suite, secret, "iv", 12))


def expand(suite, secret, label, length):
    """HKDF-Expand-Label, for no more than one block of the hash."""
    label = b"tls13 " + label.encode()
    info = struct.pack(">HB", length, len(label)) + label + b"\0\1"
    return hmac.digest(secret, info, SUITES[suite][2])[:length]


def decrypt_12(to_server, to_client, suite, client_random, server_random, master):
    _, size, digest, explicit = SUITES[suite]
    iv_size = 4 if explicit else 12
    seed = b"key expansion" + server_random + client_random
    block, step = b"", seed
    while len(block) < 2 * (size + iv_size):
        step = hmac.digest(master, step, digest)
        block += hmac.digest(master, step + seed, digest)
    layers = []
    for number, stream in enumerate((to_server, to_client)):
        layer, is_open = Layer(stream), False
        iv = block[2 * size + number * iv_size:][:iv_size]
        cipher = Cipher(suite, block[number * size:][:size], iv)
        for kind, header, body, end in records(stream):
            if not is_open:
                is_open = kind == CHANGE_CIPHER
                continue
            inner = cipher.open(body, lambda sequence, length: sequence + header[:3] + struct.pack(">H", length))
            if kind == APPLICATION:
                layer.append(inner, end)
            elif kind == ALERT:
                layer.end(alert(inner), end)
        layers.append(layer)
    return layers


def alert(body):
    return "close_notify" if body[1] == 0 else f"alert {body[1]}"


# HTTP/2

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, GOAWAY, CONTINUATION = 0, 1, 3, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
          "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR"]


def connects(to_server, to_client):
    """Both directions of every CONNECT on an HTTP/2 connection, plain or to a WebSocket, with the path.

    Where the capture began behind the requests, of every stream.
    """
    ours, theirs = (streams(side) for side in (to_server, to_client))
    for number in sorted({*ours, *theirs}):
        headers, question = ours.get(number) or (None, Layer(to_server))
        _, answer = theirs.get(number) or (None, Layer(to_client))
        if headers and headers.get(":method") != "CONNECT":
            continue
        # A tunnel carries a handshake of its own.
        question.has_syn = answer.has_syn = bool(headers) and ":protocol" not in headers
        question.path = headers and headers.get(":path")
        yield question, answer


def streams(carrier):
    """number → (headers or None, what it carries), of one direction."""
    found, decoder, block, connection_ends = {}, Decoder(), b"", Layer(carrier)
    for kind, flags, number, payload, end in http2_frames(carrier):
        if kind == GOAWAY:
            connection_ends.end("GOAWAY", end, error=ERRORS[int.from_bytes(payload[4:8], "big")])
        if kind not in (DATA, HEADERS, CONTINUATION, RST_STREAM):
            continue
        headers, layer = found.setdefault(number, (None, Layer(carrier)))
        if kind in (DATA, HEADERS) and flags & PADDED:
            payload = payload[1:len(payload) - payload[0]]
        if kind == HEADERS and flags & PRIORITY:
            payload = payload[5:]
        if kind in (HEADERS, CONTINUATION):
            block += payload
            if flags & END_HEADERS:
                found[number] = dict(decoder.decode(block)), layer
                block = b""
        elif kind == DATA:
            layer.append(payload, end)
        elif kind == RST_STREAM:
            layer.end("RST_STREAM", end, error=ERRORS[int.from_bytes(payload, "big")])
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            layer.end("END_STREAM", end)
    for _, layer in found.values():
        layer.own_ends += connection_ends.own_ends
    return found


def http2_frames(carrier):
    """Every whole frame: (type, flags, stream, payload, offset of its end)."""
    data = carrier.data
    at = len(PREFACE) if data.startswith(PREFACE) else 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at:at + 3], "big")
        kind, flags, number = data[at + 3], data[at + 4], int.from_bytes(data[at + 5:at + 9], "big") & 0x7FFFFFFF
        payload = data[at + 9:at + 9 + length]
        at += 9 + length
        if len(payload) == length:
            yield kind, flags, number, payload, at
