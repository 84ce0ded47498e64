"""Messages that callers left in mailboxes: who, when, how long, whether the mail server has it; listened to in place.

Supervisors and administrators have all; a technician those that came to the e-mail address the roster has of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from appliance.mqtt.asker import UnreachableError
from appliance.recordings.reading import MOST_BYTES
from appliance.situation.said import said
from appliance.situation.times import instant
from appliance.translation import N_, _
from appliance.web.box import CommandRefusedError
from appliance.web.page import Page
from appliance.web.pages.calls import day_of, number_of
from appliance.web.permission import Permission
from appliance.web.sound_stream import BOX, WITHIN_S, Source, respond
from appliance.web.visit import Visit

ROWS = 50
FIELDS = ("number", "since", "until")
NOBODY = "-"  # where no person belongs to an account; no message is theirs either
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Message:
    """One, as the page shows it."""

    id: str
    exchange: str
    began_at: datetime
    seconds: float
    caller: str | None
    mailbox: str
    line: str
    mailed: str
    reason: str


async def show(visit: Visit) -> Response:
    """The newest messages that fit."""
    wished = {name: visit.query(name).strip()[:60] for name in FIELDS}
    before = instant(visit.query("before"))
    found: Sequence[Message] = ()
    missing: list[str] = []
    wrong = ""
    if _whose(visit) != NOBODY:
        try:
            told = await visit.desk.box.ask(
                "voicemail.find", _args(visit, wished, before), exchange=BOX, timeout_s=WITHIN_S
            )
        except CommandRefusedError as error:
            wrong = _("The exchange refused: {why}").format(why=said(str(error)))
        except UnreachableError:
            wrong = _("The exchange does not answer. Try again later.")
        else:
            found, missing = _messages(told.get("messages")), [str(one) for one in told.get("missing") or ()]
    return visit.html(
        "voicemail.html",
        messages=found[:ROWS],
        older=found[ROWS - 1].began_at if len(found) > ROWS else None,
        missing=missing,
        wrong=wrong,
        wished=wished,
        nobody=_whose(visit) == NOBODY,
        mailed_word=mailed_word,
        tones={"taken": "good", "refused": "bad"},
    )


async def sound(visit: Visit) -> Response:
    """The WAV file of a message, or the range of it that is asked for; with ``download`` to be saved."""
    id_, exchange = visit.request.path_params["id"], visit.request.path_params["exchange"]
    args = {"id": id_[:200], "exchange": exchange}
    whose = _whose(visit)
    if whose is not None:
        args["as"] = whose
    name = f"message-{_NO_NAME.sub('_', id_)[:120]}.wav"

    async def note() -> None:
        await _note(visit, exchange, id_)

    source = Source(visit.desk.box, "voicemail.read", args, MOST_BYTES)
    return await respond(visit.request, source, name, download=bool(visit.query("download")), before=note)


def mailed_word(mailed: str) -> str:
    """What became of the mail, in words."""
    return {
        "taken": _("sent by e-mail"),
        "waiting": _("waits for the mail server"),
        "refused": _("the mail server refused it"),
    }.get(mailed, _("nobody knows whether it was sent"))


def _whose(visit: Visit) -> str | None:
    """For whom the exchange is asked; ``None``: for who hears all."""
    return None if visit.may(Permission.SEE_ALL_CALLS) else visit.account.person or NOBODY


def _args(visit: Visit, wished: Mapping[str, str], before: datetime | None) -> dict[str, Any]:
    until = day_of(visit, wished["until"], timedelta(days=1))
    ends = [one for one in (until, None if before is None else before.isoformat()) if one is not None]
    args = {
        "limit": ROWS + 1,
        "number": number_of(visit, wished["number"]),
        "since": day_of(visit, wished["since"], timedelta()),
        "until": min(ends, key=datetime.fromisoformat, default=None),
        "as": _whose(visit),
    }
    return {key: value for key, value in args.items() if value is not None}


def _messages(told: object) -> list[Message]:
    found = (_message(one) for one in (told if isinstance(told, list) else ()) if isinstance(one, dict))
    return [one for one in found if one is not None]


def _message(told: Mapping[str, Any]) -> Message | None:
    began_at, seconds = instant(told.get("began_at")), told.get("seconds")
    if began_at is None or not isinstance(seconds, int | float):
        return None
    caller = told.get("caller")
    words = {key: str(told.get(key) or "") for key in ("id", "exchange", "mailbox", "line", "mailed", "reason")}
    return Message(began_at=began_at, seconds=seconds, caller=str(caller) if caller else None, **words)


async def _note(visit: Visit, exchange: str, id_: str) -> None:
    action = "message.downloaded" if visit.query("download") else "message.heard"
    key = (action, visit.account.name, exchange, id_)
    if not visit.desk.listening.begins(key, visit.desk.clock()):
        return
    try:
        await visit.note(action, subject=id_, detail=exchange)
    except BaseException:
        visit.desk.listening.forget(key)
        raise


PAGES = (
    Page("/voicemail", show, Permission.SEE_OWN_CALLS, menu=N_("Voicemail")),
    Page("/voicemail/{exchange}/{id}", sound, Permission.SEE_OWN_CALLS),
)
