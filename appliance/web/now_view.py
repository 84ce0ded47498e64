"""What the page "Now" shows, made of what the box last said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.config import Config
from appliance.situation.picture import Picture, read_picture
from appliance.situation.way import Hop, way
from appliance.web.box import SILENT_AFTER_S, BoxWords


@dataclass(frozen=True, slots=True)
class NowView:
    """``doubt`` says why what is shown may be old: ``broker``, ``guard``, ``silent``, ``journal``, or nothing."""

    picture: Picture | None
    hops: tuple[Hop, ...]
    doubt: str
    heard_at: datetime | None


def now_view(box: BoxWords, config: Config, now: datetime | None = None) -> NowView:
    """The view of this moment."""
    moment = now or datetime.now(UTC)
    picture = read_picture(box.state) if box.state is not None else None
    hops = way(picture, config) if picture is not None else ()
    heard_at = picture.at if picture is not None else None
    return NowView(picture, hops, _doubt(box, heard_at, moment), heard_at)


def _doubt(box: BoxWords, heard_at: datetime | None, now: datetime) -> str:
    if not box.broker_up:
        return "broker"
    if box.guard_offline:
        return "guard"
    if box.from_journal or heard_at is None:
        return "journal"
    return "silent" if (now - heard_at).total_seconds() > SILENT_AFTER_S else ""
