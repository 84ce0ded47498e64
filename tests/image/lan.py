"""A second network card of the emulated box, and who else is on that wire: somebody who asks for names (RFC 6762).

QEMU's own network passes no multicast on, so the frames go by datagrams to this process, which writes and reads them
itself: Ethernet, IPv6, UDP, one question, and the answers.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from ipaddress import IPv6Address
from typing import Self

GROUP, PORT = IPv6Address("ff02::fb"), 5353
GROUP_MAC, OUR_MAC = bytes.fromhex("3333000000fb"), bytes.fromhex("525400000002")
OURS = IPv6Address("fe80::5054:ff:fe00:2")
IPV6, UDP, HOPS = 0x86DD, 17, 255
AAAA, INTERNET, ANSWER = 28, 1, 0x8000
ETHERNET, HEADER, PORTS, DNS = struct.Struct("!6s6sH"), struct.Struct("!IHBB16s16s"), struct.Struct("!HHHH"), 12


class Lan(asyncio.DatagramProtocol):
    """``async with Lan() as lan``: ``lan.card`` is for QEMU's command line."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._box = 0
        self.card: list[str] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        here = self._transport.get_extra_info("sockname")[1]
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self._box = probe.getsockname()[1]
        ends = (("local", self._box), ("remote", here))
        told = (f"{end}.type=inet,{end}.host=127.0.0.1,{end}.port={port}" for end, port in ends)
        netdev = ",".join(["dgram,id=lan", *told])
        self.card = ["-netdev", netdev, "-device", "virtio-net-pci,netdev=lan,romfile="]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._frames.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        """The box is not switched on yet."""

    async def address(self, name: str, within_s: float) -> IPv6Address:
        """Ask for a name until somebody answers with an address. Raises ``TimeoutError``."""
        assert self._transport is not None
        async with asyncio.timeout(within_s):
            while True:
                self._transport.sendto(frame(question(name)), ("127.0.0.1", self._box))
                try:
                    async with asyncio.timeout(5):
                        while True:
                            if (found := answered(payload(await self._frames.get()), name)) is not None:
                                return found
                except TimeoutError:
                    continue


def question(name: str) -> bytes:
    """One question for the address of a name, as a DNS message."""
    return struct.pack("!6H", 0, 0, 1, 0, 0, 0) + _labels(name) + struct.pack("!HH", AAAA, INTERNET)


def frame(message: bytes) -> bytes:
    """The message to everybody on the wire."""
    length = PORTS.size + len(message)
    pseudo = OURS.packed + GROUP.packed + struct.pack("!II", length, UDP)
    checksum = _sum(pseudo + PORTS.pack(PORT, PORT, length, 0) + message)
    head = HEADER.pack(6 << 28, length, UDP, HOPS, OURS.packed, GROUP.packed)
    return ETHERNET.pack(GROUP_MAC, OUR_MAC, IPV6) + head + PORTS.pack(PORT, PORT, length, checksum) + message


def payload(data: bytes) -> bytes:
    """The DNS message in a frame, or nothing."""
    start = ETHERNET.size + HEADER.size + PORTS.size
    if len(data) < start + DNS or ETHERNET.unpack_from(data)[2] != IPV6:
        return b""
    if HEADER.unpack_from(data, ETHERNET.size)[2] != UDP or PORTS.unpack_from(data, start - PORTS.size)[0] != PORT:
        return b""
    return data[start:]


def answered(message: bytes, name: str) -> IPv6Address | None:
    """The address of the name, where the message is an answer that begins with it."""
    wanted = _labels(name)
    if len(message) < DNS or not struct.unpack_from("!H", message, 2)[0] & ANSWER:
        return None
    if struct.unpack_from("!H", message, 4)[0]:  # multicast answers repeat no question (RFC 6762 §6)
        return None
    at = DNS + len(wanted)
    if message[DNS:at].lower() != wanted or len(message) < at + 26:
        return None
    kind, _class, _ttl, length = struct.unpack_from("!HHIH", message, at)
    return IPv6Address(message[at + 10 : at + 26]) if (kind, length) == (AAAA, 16) else None


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0"


def _sum(data: bytes) -> int:
    """The Internet's checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF) or 0xFFFF
