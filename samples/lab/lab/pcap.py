"""Just enough of a pcap reader to check a recording: which bytes went which way, and who ended first.

Reads what this lab's tcpdump writes (classic pcap, little endian, microseconds, whole packets), and
deliberately shares nothing with wsclose: what judges the samples must not be what they test.
"""

import re
import struct
from collections import defaultdict

FIN, SYN, RST = 0x01, 0x02, 0x04
ETHERNET, SLL2 = 1, 276
LINK_HEADER = {ETHERNET: 14, SLL2: 20}


class Stream:
    """One direction of one connection."""

    def __init__(self):
        self.origin = None   # sequence number of the first byte
        self.segments = {}   # offset → (time, bytes)
        self.ended = None    # (time, "FIN" or "RST")

    @property
    def data(self):
        """The bytes up to the first gap."""
        data = bytearray()
        for offset, (_, payload) in sorted(self.segments.items()):
            if offset > len(data):
                break
            data[offset:offset + len(payload)] = payload
        return bytes(data)

    def time_of(self, position):
        """When the byte at `position` was first captured."""
        return min(time for offset, (time, payload) in self.segments.items()
                   if offset <= position < offset + len(payload))

    def closes(self):
        """Every WebSocket Close frame: (time of its last byte, code, reason)."""
        data = self.data
        upgrade = re.search(rb"^(HTTP/1.1 101|upgrade: websocket).*?\r\n\r\n", data, re.S | re.I | re.M)
        at = upgrade.end() if upgrade else len(data)
        while at + 2 <= len(data):
            opcode, masked, length = data[at] & 0x0F, data[at + 1] & 0x80, data[at + 1] & 0x7F
            at += 2
            if length >= 126:
                width = 2 if length == 126 else 8
                length = int.from_bytes(data[at:at + width], "big")
                at += width
            key = data[at:at + 4] if masked else bytes(4)
            at += 4 if masked else 0
            body = bytes(byte ^ key[index % 4] for index, byte in enumerate(data[at:at + length])) if opcode == 8 else b""
            at += length
            if opcode == 8 and at <= len(data):
                code = int.from_bytes(body[:2], "big") if body else None
                yield self.time_of(at - 1), code, body[2:].decode(errors="replace")


def read(file):
    """The streams of a capture: (source, destination) → Stream, each end written `address:port`."""
    streams = defaultdict(Stream)
    for time, source, destination, sequence, flags, payload in segments(file):
        stream = streams[source, destination]
        if flags & SYN:
            stream.origin = sequence + 1
        if stream.origin is None:
            raise ValueError(f"{file}: {source} > {destination} began before the capture")
        if payload:
            offset = (sequence - stream.origin) & 0xFFFFFFFF
            if offset not in stream.segments or len(payload) > len(stream.segments[offset][1]):
                stream.segments[offset] = time, payload
        if flags & (FIN | RST) and not stream.ended:
            stream.ended = time, "FIN" if flags & FIN else "RST"
    return dict(streams)


def segments(file):
    """Every TCP segment over IPv4 in the file."""
    with open(file, "rb") as capture:
        magic, _, _, _, _, _, link = struct.unpack("<IHHiIII", capture.read(24))
        if magic != 0xA1B2C3D4 or link not in LINK_HEADER:
            raise ValueError(f"{file}: not a capture of this lab")
        while header := capture.read(16):
            seconds, microseconds, length, _ = struct.unpack("<IIII", header)
            packet = capture.read(length)[LINK_HEADER[link]:]
            ip_header = (packet[0] & 0x0F) * 4
            total = int.from_bytes(packet[2:4], "big") or len(packet)  # 0: larger than the field can say
            source, destination = (".".join(map(str, packet[at:at + 4])) for at in (12, 16))
            tcp = packet[ip_header:total]
            source_port, destination_port, sequence = struct.unpack(">HHI", tcp[:8])
            yield (seconds + microseconds / 1e6, f"{source}:{source_port}", f"{destination}:{destination_port}",
                   sequence, tcp[13], tcp[(tcp[12] >> 4) * 4:])
