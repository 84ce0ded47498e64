"""Who has which number at the far side, and where the Asterisk under test leads a call. Pure."""

from __future__ import annotations

SERVICE_NUMBER = "+420777000100"
TECHNICIAN = "+420777000111"
ANSWERING_LINE = "+420226200001"


def phone(index: int) -> str:
    """A phone that rings and is never answered; ``index`` from 1."""
    return f"+4207771{index:05d}"


def answering_phone(index: int) -> str:
    """A phone that is answered after a moment; ``index`` from 1."""
    return f"+4207772{index:05d}"


def agent_phone(index: int) -> str:
    """A phone that is answered at once; ``index`` from 1."""
    return f"+4207773{index:05d}"


def caller(index: int) -> str:
    """A customer's number; ``index`` from 1."""
    return f"+4206021{index:05d}"


def ring_all_line(phones: int) -> str:
    """The number whose line rings the first ``phones`` phones at once."""
    return f"+420226100{phones:03d}"


def audio_id(number: str) -> str:
    """The UUID by which an end of a call names itself to the ears: its last group is the number's twelve digits."""
    digits = number.removeprefix("+")
    if len(digits) != 12 or not digits.isdigit():
        raise ValueError(f"{number} has not the twelve digits that fit into a UUID's last group")
    return f"00000000-0000-4000-8000-{digits}"


def number_of(audio: bytes) -> str:
    """The number in an :func:`audio_id` as it comes over the wire."""
    return "+" + audio[-6:].hex()
