"""What the page "Now" shows, made of what the box last said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.config import Config
from appliance.situation.picture import Picture, read_picture
from appliance.situation.times import instant
from appliance.web.box import SILENT_AFTER_S, BoxWords
from appliance.web.destination import Destination, Somebody, destination_of
from appliance.web.drawing import Drawing, lying, standing
from appliance.web.headline import Headline, headline_of
from appliance.web.queue_view import QueueView, queues_of
from appliance.web.scene import scene_of


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that an exchange has now. ``people`` whom it rings or who talks."""

    exchange: str
    since: datetime | None
    caller: str | None
    state: str
    people: tuple[str, ...]
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class NowView:
    """``doubt`` says why what is shown may be old: ``broker``, ``guard``, ``silent``, ``journal``, or nothing."""

    picture: Picture | None
    headline: Headline
    destination: Destination | None
    technician: Somebody
    drawings: tuple[Drawing, ...]
    calls: tuple[LiveCall, ...]
    exchanges: tuple[tuple[str, str, datetime | None], ...]
    queues: tuple[QueueView, ...]
    doubt: str
    doubt_since: datetime | None


def now_view(box: BoxWords, config: Config, now: datetime | None = None) -> NowView:
    """The view of this moment."""
    moment = now or datetime.now(UTC)
    picture = read_picture(box.state) if box.state is not None else None
    technician = _technician(box, picture)
    destination = _destination(box, config, technician, moment)
    calls = tuple(_calls(box))
    drawings: tuple[Drawing, ...] = ()
    if picture is not None:
        scene = scene_of(picture, config, destination, technician, _busy(calls))
        drawings = (lying(scene), standing(scene))
    best = config.routes[0].name if config.routes else None
    doubt, since = _doubt(box, picture, moment)
    return NowView(
        picture,
        headline_of(picture, destination, technician.name, best),
        destination,
        technician,
        drawings,
        calls,
        tuple(_exchanges(box)),
        queues_now(box, moment),
        doubt,
        since,
    )


def queues_now(box: BoxWords, now: datetime) -> tuple[QueueView, ...]:
    """The queues of the exchanges that serve."""
    serving = (
        document
        for name, document in sorted(box.exchanges.items())
        if name not in box.exchanges_offline and document.get("ari") == "connected"
    )
    return queues_of(serving, now)


def _technician(box: BoxWords, picture: Picture | None) -> Somebody:
    duty = picture.duty if picture is not None else None
    if duty is None or (duty.person is None and duty.number is None):
        return Somebody(None, "")
    return Somebody(duty.person, box.person_name(duty.person) or duty.number or "", duty=True)


def _destination(box: BoxWords, config: Config, technician: Somebody, now: datetime) -> Destination | None:
    roster = box.roster_model
    if roster is None:
        return None
    numbers = [config.modem.service_number.e164, *(str(route.number) for route in config.routes)]
    return destination_of(roster, numbers, technician, now, config.device.timezone, box.holidays.is_holiday)


def _calls(box: BoxWords) -> list[LiveCall]:
    found = []
    for name, document in sorted(box.exchanges.items()):
        if name in box.exchanges_offline or document.get("ari") != "connected":
            continue
        for call in _tables(document.get("calls")):
            ringing = [str(one) for one in call.get("ringing") or () if isinstance(one, str)]
            talks = call.get("with")
            ids = [talks] if isinstance(talks, str) and call.get("state") == "talking" else ringing
            caller = call.get("caller")
            found.append(
                LiveCall(
                    name,
                    instant(call.get("since")),
                    caller if isinstance(caller, str) else None,
                    str(call.get("state")),
                    tuple(box.person_name(one) for one in ids),
                    frozenset(ids),
                )
            )
    return sorted(found, key=lambda call: (call.since is None, call.since))


def _busy(calls: tuple[LiveCall, ...]) -> Mapping[str, str]:
    busy: dict[str, str] = {}
    for call in calls:
        for one in call.ids:
            busy[one] = "talking" if "talking" in (call.state, busy.get(one)) else "ringing"
    return busy


def _exchanges(box: BoxWords) -> list[tuple[str, str, datetime | None]]:
    """Name, how it is, and when it was last heard."""
    found = []
    for name, document in sorted(box.exchanges.items()):
        health = "up" if document.get("ari") == "connected" else "down"
        found.append((name, "down" if name in box.exchanges_offline else health, instant(document.get("at"))))
    return found


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _doubt(box: BoxWords, picture: Picture | None, now: datetime) -> tuple[str, datetime | None]:
    heard = picture.at if picture is not None else None
    if not box.broker_up:
        return "broker", box.broker_lost_at
    if box.guard_offline:
        return "guard", heard
    if box.from_journal or heard is None:
        return "journal", heard
    return ("silent", heard) if (now - heard).total_seconds() > SILENT_AFTER_S else ("", None)
