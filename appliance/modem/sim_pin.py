"""The PIN of the SIM: one try, remembered on disk before it is sent.

SIMs have been locked by programs that sent a wrong PIN again after each restart. So a PIN that was not accepted is
never sent a second time to the same SIM, whatever happens in between: the record is written and synced before the
command leaves. A record without an outcome (power cut during the try) counts as a failure, unless the SIM itself
says that all three tries are left, or the same PIN was accepted before. The last try before the PUK is never ours,
by the SIM's counter or, where no modem tells it, by our own count. The PUK is never touched.

The PIN is kept as a salted hash, slow to compute; with its few digits that only keeps it out of plain sight.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from appliance.domain.phrase import phrase
from appliance.modem.channel import Answer
from appliance.modem.dialogue import Request
from appliance.modem.state_file import read_json, write_json

log = logging.getLogger(__name__)

FULL_TRIES = 3  # 3GPP TS 31.101 §9.3: a PIN starts with three
TRIES_FOR_A_PERSON = 1  # a corrected PIN gets its one try, but the last one before the PUK is never ours
_HASH_ROUNDS = 100_000
_PIN = re.compile(r"^[0-9]{4,8}$")
_MAX_PINS = 20  # a person corrects a file a few times; the bound is for the file's size


class Outcome(StrEnum):
    """What became of the last try with a PIN."""

    SENT = "sent"  # nothing known: the power may have gone in between
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TryRecord:
    """The memory of one PIN on one SIM."""

    outcome: Outcome
    accepted_before: bool = False


@dataclass(frozen=True, slots=True)
class SimRecord:
    """The memory of one SIM: ``pin`` of the PIN in hand; ``spent`` tries with any PIN since one was accepted."""

    pin: TryRecord | None = None
    spent: int = 0


def may_try(record: SimRecord, tries_left: int | None) -> str | None:
    """``None`` if the PIN may be sent, else the reason why not, for a person. ``tries_left`` is the SIM's word."""
    left = FULL_TRIES - record.spent if tries_left is None else tries_left
    if record.pin is not None and record.pin.outcome is Outcome.REFUSED:
        return phrase("the SIM refused this PIN before; it is not tried again")
    if left <= TRIES_FOR_A_PERSON:
        return phrase(
            "the SIM has {left} of {tries} PIN tries left; what is left is a person's",
            left=max(0, left),
            tries=FULL_TRIES,
        )
    if record.pin is None or record.pin.outcome is Outcome.ACCEPTED:
        return None
    if tries_left == FULL_TRIES or record.pin.accepted_before:
        return None
    return phrase("an earlier try of this PIN was cut off and may have been counted; it is not tried again")


class PinRefused(Exception):  # noqa: N818 - a verdict rather than a fault
    """The SIM stays locked; the message says why and what a person can do. Carries no secret."""


class PinLedger:
    """The tries, on disk. ``sim`` is the ICCID, or a name made of the IMEI where the ICCID cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, sim: str, pin: str) -> SimRecord:
        """The record of this SIM and PIN. Blocks; raises ``OSError`` and ``ValueError``."""
        try:
            entry = self._entries().get(sim) or {"spent": 0, "pins": []}
            known = _find(entry["pins"], pin)
            record = TryRecord(Outcome(known["outcome"]), bool(known["accepted_before"])) if known else None
            return SimRecord(record, int(entry["spent"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"an entry is damaged: {error!r}") from None

    def write(self, sim: str, pin: str, record: TryRecord) -> None:
        """Keep the outcome durably, and count the try. Blocks; raises ``OSError`` and ``ValueError``."""
        entries = self._entries()
        entry = entries.get(sim) or {"spent": 0, "pins": []}
        known = _find(entry["pins"], pin)
        salt = secrets.token_bytes(16)
        news = {
            "salt": salt.hex(),
            "pin": _digest(pin, salt),
            "outcome": record.outcome,
            "accepted_before": record.accepted_before,
        }
        others = [other for other in entry["pins"] if other is not known]
        spent = {Outcome.SENT: entry["spent"] + 1, Outcome.REFUSED: entry["spent"], Outcome.ACCEPTED: 0}
        entries[sim] = {"spent": spent[record.outcome], "pins": [*others, news][-_MAX_PINS:]}
        write_json(self._path, {"schema": 1, "sims": entries})

    def _entries(self) -> dict[str, Any]:
        match read_json(self._path):
            case None:
                return {}
            case {"schema": 1, "sims": dict(sims)}:
                return sims
        raise ValueError("its form is not known")


def _find(entries: list[dict[str, Any]], pin: str) -> dict[str, Any] | None:
    """The entry of this PIN: every try of every PIN is remembered, not just the last one's."""
    return next(
        (
            entry
            for entry in entries
            if secrets.compare_digest(_digest(pin, bytes.fromhex(entry["salt"])), entry["pin"])
        ),
        None,
    )


def _digest(pin: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, _HASH_ROUNDS).hex()


def read_pin(file: Path) -> str:
    """The PIN in ``file``: 4 to 8 digits. Blocks; raises :class:`PinRefused`."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = str(error.strerror) if isinstance(error, OSError) else phrase("it is not plain text")
        unread = phrase("the SIM wants a PIN and {file} cannot be read: {why}", file=str(file), why=why)
        raise PinRefused(unread) from None
    if not _PIN.match(text):
        none = phrase("the SIM wants a PIN and {file} does not hold one: write 4 to 8 digits", file=str(file))
        raise PinRefused(none)
    return text


async def unlock(
    ask: Callable[[Request], Awaitable[Answer]], ledger: PinLedger, sim: str, pin_file: Path | None, left: int | None
) -> None:
    """Send the PIN, at most once. Returns when the SIM accepted it; raises :class:`PinRefused`.

    A disk that cannot remember the try forbids it. Errors of the port are passed on: the record then says "sent".
    """
    if pin_file is None:
        raise PinRefused(phrase("the SIM wants a PIN; put it into a file and name it in modem.pin_file"))
    pin = await asyncio.to_thread(read_pin, pin_file)
    try:
        record = await asyncio.to_thread(ledger.read, sim, pin)
    except (OSError, ValueError) as error:
        unread = phrase("the record of PIN tries cannot be read ({why}); the PIN is not tried", why=str(error))
        raise PinRefused(unread) from None
    if (reason := may_try(record, left)) is not None:
        raise PinRefused(reason)
    accepted_before = record.pin is not None and (
        record.pin.accepted_before or record.pin.outcome is Outcome.ACCEPTED
    )
    await _write(ledger, sim, pin, TryRecord(Outcome.SENT, accepted_before), must=True)
    answer = await ask(Request(f'AT+CPIN="{pin}"', ("+CPIN:",), timeout_s=30.0, secret=True))
    if not answer.ok:
        await _write(ledger, sim, pin, TryRecord(Outcome.REFUSED), must=False)
        raise PinRefused(
            phrase("the SIM refused the PIN; it is not tried again. Correct the PIN file, mind the tries left")
        )
    await _write(ledger, sim, pin, TryRecord(Outcome.ACCEPTED, True), must=False)


async def note_ready(ledger: PinLedger, sim: str, pin_file: Path | None) -> None:
    """The SIM is open: a try whose outcome was not seen (the box was restarted in between) was a good one."""
    if pin_file is None:
        return
    try:
        pin = await asyncio.to_thread(read_pin, pin_file)
        record = await asyncio.to_thread(ledger.read, sim, pin)
    except (PinRefused, OSError, ValueError) as error:
        log.debug("the PIN record is left as it is: %s", error)
        return
    if record.pin is not None and record.pin.outcome is Outcome.SENT:
        await _write(ledger, sim, pin, TryRecord(Outcome.ACCEPTED, True), must=False)


async def _write(ledger: PinLedger, sim: str, pin: str, record: TryRecord, *, must: bool) -> None:
    try:
        await asyncio.to_thread(ledger.write, sim, pin, record)
    except (OSError, ValueError) as error:
        if must:
            forgetful = phrase("the try cannot be remembered ({why}); the PIN is not sent", why=str(error))
            raise PinRefused(forgetful) from None
        log.warning("the outcome of the PIN try cannot be remembered: %s", error)
