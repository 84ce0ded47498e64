"""A reference asked by ICMP echo (RFC 792, RFC 4443)."""

from __future__ import annotations

import secrets
import socket
import struct

from appliance.domain.phrase import phrase
from appliance.probes.addresses import SocketAddress
from appliance.probes.datagram import Channel, DatagramProber
from appliance.probes.prober import Question
from appliance.probes.words import MissError

_HEADER = struct.Struct("!BBHHH")
_TOKEN_BYTES = 16


def encode_echo(token: bytes, sequence: int, *, ipv6: bool) -> bytes:
    """An echo request carrying ``token``. The identifier is the kernel's to set on a datagram socket, 0 on a raw one.

    The checksum is for IPv4 on raw sockets; for IPv6 and on datagram sockets the kernel makes its own.
    """
    kind = 128 if ipv6 else 8
    unsummed = _HEADER.pack(kind, 0, 0, 0, sequence) + token
    return _HEADER.pack(kind, 0, checksum(unsummed), 0, sequence) + token


def is_reply(packet: bytes, token: bytes, *, ipv6: bool) -> bool:
    """Whether ``packet`` is the echo reply that carries ``token``, with or without an IPv4 header before it."""
    if not ipv6 and packet[:1] and packet[0] >> 4 == 4:  # raw sockets deliver the header; no ICMP type begins so
        packet = packet[(packet[0] & 0xF) * 4 :]
    return packet[:2] == (b"\x81\x00" if ipv6 else b"\x00\x00") and packet[_HEADER.size :] == token


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = packet + b"\x00" * (len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class IcmpProber(DatagramProber):
    """Echo over an unprivileged ICMP socket where the kernel allows it, else a raw one."""

    def _open(self, family: int, address: SocketAddress) -> Channel:
        protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
        self._ipv6 = family == socket.AF_INET6
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                return Channel(family, kind, protocol, address)
            except PermissionError:
                continue
        raise MissError(phrase("this box may not send ICMP; widen net.ipv4.ping_group_range or give CAP_NET_RAW"))

    def _question(self, channel: Channel) -> Question:
        token, ipv6 = secrets.token_bytes(_TOKEN_BYTES), self._ipv6

        def read(packet: bytes) -> tuple[bool, str] | None:
            return (True, phrase("echo reply")) if is_reply(packet, token, ipv6=ipv6) else None

        return Question(encode_echo(token, secrets.randbits(16), ipv6=ipv6), read)
