"""What a recording is called and where it lies. Pure.

Its name is its id: ``hl-CALL.wav``, as the call log tells it. Whatever Asterisk calls a channel, the name holds
nothing that means something to a file system, and one that somebody asks for is checked before it becomes a path.
"""

from __future__ import annotations

import re
from pathlib import PurePath

_OTHER = re.compile(r"[^A-Za-z0-9._-]")
_NAME = re.compile(r"hl-[A-Za-z0-9._-]{1,120}\.wav\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def name_of(call: str) -> str:
    """The recording of a call, by the call's id."""
    return f"hl-{_OTHER.sub('_', call)[:120]}.wav"


def is_name(text: str) -> bool:
    """Whether it has the form of a recording's name."""
    return _NAME.match(text) is not None and ".." not in text


def place_of(name: str, began_at: str) -> PurePath:
    """Below the folder of recordings: a folder for each day (UTC), so that none grows without end.

    Raises ``ValueError`` where it is no name, or ``began_at`` no RFC 3339 time."""
    day = began_at[:10]
    if not is_name(name) or not _DAY.match(day):
        raise ValueError(f"{name!r} of {began_at!r} is no recording")
    return PurePath(day) / name
