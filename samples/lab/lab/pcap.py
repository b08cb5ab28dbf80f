"""Just enough of a pcap reader to check a recording: which bytes went which way, and who ended first.

Reads what this lab's tcpdump writes (classic pcap, little endian, microseconds), and deliberately
shares nothing with wsclose: what judges the samples must not be what they test.
"""

import re
import socket
import struct
from collections import defaultdict

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
ETHERNET, SLL2 = 1, 276
LINK_HEADER = {ETHERNET: 14, SLL2: 20}
TEXT, CLOSE = 1, 8
OPCODES = {0, TEXT, 2, CLOSE, 9, 10}


class Unreadable(Exception):
    """The capture holds something that this reader is not made for."""


class Stream:
    """One direction of one connection."""

    def __init__(self):
        self.origin = None         # sequence number of the first byte
        self.has_syn = False       # whether the capture shows it from its beginning
        self.segments = {}         # offset → (time, captured bytes, length on the wire, times sent)
        self.acknowledgment = None  # the highest number with which the other side acknowledged it
        self.ended = None          # (time, "FIN" or "RST")
        self.path = None           # of the request, where it is not among the bytes

    def add(self, time, sequence, flags, payload, length):
        if flags & SYN:
            self.origin, self.has_syn = sequence + 1, True
        elif self.origin is None and length:
            self.origin = sequence
        if length:
            offset = distance(self.origin, sequence)
            if offset < 0:
                raise Unreadable("a segment from before the first one")
            first, captured, known, times = self.segments.get(offset, (time, payload, length, 0))
            longer = length > known
            self.segments[offset] = (time if longer else first, payload if longer else captured,
                                     max(length, known), times + 1)
        if flags & (FIN | RST) and not self.ended:
            self.ended = time, "FIN" if flags & FIN else "RST"

    def acknowledge(self, number):
        if self.acknowledgment is None or distance(self.acknowledgment, number) > 0:
            self.acknowledgment = number

    def is_acknowledged(self, end):
        """Whether the other side has acknowledged everything before `end`."""
        return self.acknowledgment is not None and distance(self.origin + end, self.acknowledgment) >= 0

    @property
    def data(self):
        """The bytes up to the first gap; zeros where the capture cut a packet."""
        data = bytearray()
        for offset, (_, payload, length, _) in sorted(self.segments.items()):
            if offset > len(data):
                break
            data[offset:offset + length] = payload.ljust(length, b"\0")
        return bytes(data)

    @property
    def ends(self):
        """How it ended: its first FIN or RST."""
        return [{"at": self.ended[0], "event": self.ended[1]}] if self.ended else []

    def segment_of(self, position):
        """The segment that brought the byte at `position` first."""
        return min(segment for offset, segment in self.segments.items() if offset <= position < offset + segment[2])

    def frames_begin(self, data):
        """Behind the handshake, or at once if the capture began behind it."""
        if not self.has_syn:
            return 0
        if upgrade := re.search(rb"^(HTTP/1.1 101|upgrade: websocket).*?\r\n\r\n", data, re.S | re.I | re.M):
            return upgrade.end()
        _, captured, length, _ = self.segments.get(0, (0, b"", 0, 0))
        return length if len(captured) < length else len(data)  # a handshake that was cut is one segment

    def frames(self):
        """Every whole WebSocket frame: (offset of its end, opcode, payload)."""
        data = self.data
        at = self.frames_begin(data)
        while at + 2 <= len(data):
            opcode, masked, length = data[at] & 0x0F, data[at + 1] & 0x80, data[at + 1] & 0x7F
            if opcode not in OPCODES:
                raise Unreadable(f"no frame at byte {at}")
            at += 2
            if length >= 126:
                width = 2 if length == 126 else 8
                length = int.from_bytes(data[at:at + width], "big")
                at += width
            key = data[at:at + 4] if masked else b""
            at += len(key)
            body = data[at:at + length]
            at += length
            if at <= len(data):
                yield at, opcode, bytes(byte ^ key[index % 4] for index, byte in enumerate(body)) if masked else body

    def closes(self):
        """Every Close frame: (time of its last byte, times sent, whether acknowledged, code, reason)."""
        for end, opcode, body in self.frames():
            if opcode == CLOSE:
                time, _, _, times = self.segment_of(end - 1)
                code = int.from_bytes(body[:2], "big") if body else None
                yield time, times, self.is_acknowledged(end), code, body[2:].decode(errors="replace")


def read(file):
    """The streams of a capture: (source, destination) → Stream, each end an (address, port)."""
    streams = defaultdict(Stream)
    for time, source, destination, sequence, acknowledgment, flags, payload, length in segments(file):
        streams[source, destination].add(time, sequence, flags, payload, length)
        if flags & ACK:
            streams[destination, source].acknowledge(acknowledgment)
    return dict(streams)


def segments(file):
    """Every TCP segment in the file."""
    with open(file, "rb") as capture:
        magic, _, _, _, _, _, link = struct.unpack("<IHHiIII", capture.read(24))
        if magic != 0xA1B2C3D4 or link not in LINK_HEADER:
            raise Unreadable(f"{file}: not a capture of this lab")
        while header := capture.read(16):
            seconds, microseconds, captured, on_wire = struct.unpack("<IIII", header)
            packet = capture.read(captured)[LINK_HEADER[link]:]
            source, destination, start, end = ip_header(packet, on_wire - LINK_HEADER[link])
            source_port, destination_port, sequence, acknowledgment = struct.unpack(">HHII", packet[start:start + 12])
            data = start + (packet[start + 12] >> 4) * 4
            yield (seconds + microseconds / 1e6, (source, source_port), (destination, destination_port),
                   sequence, acknowledgment, packet[start + 13], packet[data:end], end - data)


def ip_header(packet, on_wire):
    """Both addresses, and where TCP begins and ends."""
    if packet[0] >> 4 == 6:
        total = 40 + int.from_bytes(packet[4:6], "big")
        return address(packet[8:24]), address(packet[24:40]), 40, total if total > 40 else on_wire
    total = int.from_bytes(packet[2:4], "big")
    return address(packet[12:16]), address(packet[16:20]), (packet[0] & 0x0F) * 4, total or on_wire


def address(octets):
    return socket.inet_ntop(socket.AF_INET if len(octets) == 4 else socket.AF_INET6, octets)


def distance(start, end):
    """From one sequence number to another, which may lie behind it."""
    return ((end - start + 0x80000000) & 0xFFFFFFFF) - 0x80000000
