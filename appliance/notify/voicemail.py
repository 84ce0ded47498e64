"""A message that a caller left, and the mails that bring it to people (MISSION Q3). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from appliance.notify import wording
from appliance.notify.harmless import number_text, one_line
from appliance.notify.notice import Channel, Kind, Notice
from appliance.notify.notice_store import Letter
from appliance.roster.zones import zone_of

NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Left:
    """``call`` is the id of the call, at the exchange so named; ``began_at`` RFC 3339 in UTC. ``caller`` is what the
    network gave, ``None`` hidden; ``mailbox`` and ``line`` are names as people read them."""

    exchange: str
    call: str
    began_at: str
    caller: str | None
    mailbox: str
    line: str
    email: tuple[str, ...]
    language: str
    seconds: float = 0.0


def letters_of(left: Left, sound: str, timezone: str, now: float) -> Iterator[Letter]:
    """One mail to each receiver. ``sound`` is the path of the file, ``now`` Unix seconds."""
    for notice in notices_of(left, timezone):
        subject, text = wording.in_words(notice)
        yield Letter(
            notice.key, notice.channel, notice.to, notice.language, subject, text, notice.at, now, sound=sound
        )


def notices_of(left: Left, timezone: str) -> Iterator[Notice]:
    """What the mails say, each receiver once."""
    values = {
        "caller": number_text(left.caller or ""),
        "mailbox": one_line(left.mailbox, NAME_LENGTH),
        "line": one_line(left.line, NAME_LENGTH),
        "time": f"{_local(left, timezone):%Y-%m-%d %H:%M}",
        "length": f"{round(left.seconds) // 60}:{round(left.seconds) % 60:02}",
    }
    for to in dict.fromkeys(left.email):
        key = f"{left.exchange}:{left.call}:{Kind.VOICEMAIL}:{to.lower()}"
        yield Notice(key, Channel.EMAIL, Kind.VOICEMAIL, to, left.language, values, left.began_at)


def file_name(left: Left, timezone: str) -> str:
    """What the sound is called where people keep it: when, from whom, and what tells two apart."""
    caller = "".join(one for one in number_text(left.caller or "") if one.isdecimal()) or "hidden"
    mark = hashlib.sha256(left.call.encode()).hexdigest()[:6]
    return f"{_local(left, timezone):%Y-%m-%d-%H%M%S}-{caller}-{mark}.wav"


def _local(left: Left, timezone: str) -> datetime:
    return datetime.fromisoformat(left.began_at).astimezone(zone_of(None, timezone))
