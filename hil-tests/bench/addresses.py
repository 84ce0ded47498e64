"""Loopback addresses of one bench: a /24 of its own, so that several benches run at once on one machine.

Every address of 127.0.0.0/8 is local on Linux; SIP parts can so all listen on port 5060, as they do outside.
"""

from __future__ import annotations

import errno
import random
import socket
from contextlib import suppress
from dataclasses import dataclass

LOCK_PORT = 5059
FREE_PORTS = (20_000, 32_000)  # below those that Linux gives to whoever asks for any port (32768 and up)
SIP_PORT = 5060

BENCH = 1
NETWORK = 2
TRUNKS = (11, 12)
NODES = (21, 22)
BROKER = 31
REFERENCES = (41, 42)
BOX = 51  # its own Asterisk
PHONES = 61  # mobiles, SIP phones and customers that talk
MAIL = 71
SEEN_FROM_BOX = 100  # added to a part's host number: the address of its wire, which is all that the box knows
SEEN_FROM_NODES = (120, 140)  # the same for each node, to the trunks


@dataclass(frozen=True, slots=True)
class Subnet:
    """A /24 of loopback, held by a listening socket: the kernel gives it back when its owner dies, however."""

    prefix: str
    lock: socket.socket

    def host(self, number: int) -> str:
        """The address with this last octet."""
        return f"{self.prefix}.{number}"

    def release(self) -> None:
        """Give the subnet back."""
        self.lock.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 where nobody listens, for a program that is told its port.

    The kernel gives it to nobody meanwhile, nor while the program is away: of a port that was any free one before,
    another connection of the machine may take hold.
    """
    while True:
        port = random.randint(*FREE_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))  # taken by nobody at any address
            return port


def claim_subnet(attempts: int = 200) -> Subnet:
    """Take a free /24 for this process. Raises ``RuntimeError`` when all tries were taken."""
    for _ in range(attempts):
        prefix = f"127.{random.randint(64, 191)}.{random.randint(0, 255)}"
        lock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            lock.bind((f"{prefix}.{BENCH}", LOCK_PORT))
            lock.listen(1)
        except OSError as error:
            lock.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return Subnet(prefix, lock)
    raise RuntimeError(f"no free loopback subnet in {attempts} tries: are many benches running?")
