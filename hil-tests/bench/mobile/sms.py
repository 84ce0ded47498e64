"""Short messages in a modem's store, and the making of an incoming one (3GPP TS 23.040 §9.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bench.mobile.tpdu import swapped

UNREAD, READ = 0, 1
CAPACITY = 30


@dataclass(slots=True)
class StoredMessage:
    """One received message: its PDU with the service centre's address, and whether it was read."""

    pdu: str
    status: int = UNREAD

    @property
    def tpdu_length(self) -> int:
        """Octets without the service centre's address, as AT+CMGR and AT+CMGL report."""
        return len(self.pdu) // 2 - 1 - int(self.pdu[:2], 16)


@dataclass(slots=True)
class MessageStore:
    """A message memory: the SIM's is indexed from 1, that of status reports from 0."""

    slots: dict[int, StoredMessage] = field(default_factory=dict)
    first: int = 1

    def add(self, pdu: str) -> int:
        """Store a message in the first free slot; returns its index. Raises ``ValueError`` when full."""
        index = next((i for i in range(self.first, self.first + CAPACITY) if i not in self.slots), None)
        if index is None:
            raise ValueError("the message memory is full")
        self.slots[index] = StoredMessage(pdu.upper())
        return index


def deliver_pdu(sender: str, text: str, at: datetime) -> str:
    """An SMS-DELIVER in UCS-2, for up to 70 characters, as hexadecimal digits; no service centre's address."""
    digits = sender.removeprefix("+")
    address = f"{len(digits):02X}{'91' if sender.startswith('+') else '81'}{swapped(digits)}"
    stamp = swapped(at.strftime("%y%m%d%H%M%S") + "00")
    body = text.encode("utf-16-be")
    if len(body) > 140:
        raise ValueError("longer than one short message")
    return f"0004{address}0008{stamp}{len(body):02X}{body.hex().upper()}"
