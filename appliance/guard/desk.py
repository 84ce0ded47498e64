"""The duty desk: who is on duty, and the override, if a person pinned a route. Both outlast a restart.

A person's command stands above the roster's rota, that above its default. People are those of the roster; where it
cannot be read, those of the configuration file stand in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from appliance.domain.events import EventType
from appliance.domain.people import Person
from appliance.domain.phone import NotANumber, PhoneNumber, destination, parse
from appliance.domain.phrase import phrase
from appliance.domain.routes import Duty, Override
from appliance.domain.times import wall_time
from appliance.guard.ports import JournalPort

log = logging.getLogger(__name__)

DUTY_KEY = "duty"
OVERRIDE_KEY = "override"
CLOCK_JUMP_S = 5.0
LOOK_AGAIN_S = 6 * 3600.0  # at a rota that knows of no change: it looks a week ahead


PeopleSource = Callable[[], Awaitable[Mapping[str, Person] | None]]
Say = Callable[[str, Mapping[str, Any]], None]
DutyAt = Callable[[float], tuple[str, float | None]]


class Desk:
    """Keeps duty and override. A lasting duty stands under a temporary one, and the roster's under both.

    ``duty_at`` tells whom the roster puts on duty at a time and until when (Unix seconds); without it the default is.
    """

    def __init__(
        self,
        journal: JournalPort,
        say: Say,
        *,
        people: PeopleSource,
        fallback_people: Mapping[str, Person],
        default: str,
        region: str,
        unix: Callable[[], float],
        duty_at: DutyAt | None = None,
    ) -> None:
        self._journal = journal
        self._say = say
        self._people_source = people
        self._fallback = fallback_people
        self._default = default
        self._region = region
        self._unix = unix
        first = fallback_people[default]
        self._duty_at = duty_at or (lambda _: (default, None))
        self._by_roster = Duty(first.id, first.mobile)
        self._lasting: Duty | None = None
        self._looked_at = self._look_again_at = float("-inf")
        self._temporary: Duty | None = None
        self.override: Override | None = None
        self._clock_offset: float | None = None

    @property
    def duty(self) -> Duty:
        """Who is on duty now."""
        return self._temporary or self._lasting or self._by_roster

    async def open(self) -> None:
        """Take up what stood before the restart. What cannot be read is said, and the file stands in."""
        people = await self.people()
        kept = await self._journal.recall(DUTY_KEY)
        if isinstance(kept, dict):
            self._lasting = _duty_from(kept.get("lasting"), people)
            self._temporary = _duty_from(kept.get("temporary"), people)
            if "by" not in kept and self._lasting is not None and self._lasting.person == self._default:
                self._lasting = None  # kept before there was a rota: nobody had said so
        self._look_at_roster(people)
        override = await self._journal.recall(OVERRIDE_KEY)
        if isinstance(override, dict):
            try:
                self.override = Override(**override)
            except TypeError:
                log.exception("the kept override cannot be read; none stands")

    async def people(self) -> Mapping[str, Person]:
        """The roster, or the people of the configuration file."""
        return await self._people_source() or self._fallback

    async def resolve(self, who: str) -> tuple[str | None, PhoneNumber]:
        """The person's id and number for an id or a number as people write it. Raises :class:`NotANumber`."""
        people = await self.people()
        if who in people:
            return who, people[who].mobile
        number = destination(who, self._region)
        holder = next((one.id for one in people.values() if one.mobile == number), None)
        return holder, number

    async def set_duty(self, who: str, minutes: float | None, by: str) -> Duty:
        """Put somebody on duty, for a time or until changed. Raises :class:`NotANumber`."""
        person, number = await self.resolve(who)
        if minutes is None:
            self._lasting, self._temporary = Duty(person, number), None
        else:
            self._temporary = Duty(person, number, self._unix() + minutes * 60)
        await self._keep_duty()
        self._say_duty(by)
        return self.duty

    async def follow_roster(self, by: str) -> bool:
        """Take back what a person set: the roster says who has duty. ``False`` where it did already."""
        if self._lasting is None and self._temporary is None:
            return False
        self._lasting = self._temporary = None
        await self._keep_duty()
        self._look_at_roster(await self.people())
        self._say_duty(by)
        return True

    async def refresh(self, by: str) -> bool:
        """The roster has changed: numbers are looked up anew, and people who are gone have no duty. Whether another
        person or number is on duty now."""
        before, people = self.duty, await self.people()
        kept = self._lasting, self._temporary
        self._lasting, self._temporary = (_still(duty, people) for duty in kept)
        if (self._lasting, self._temporary) != kept:
            await self._keep_duty()
        self._look_at_roster(people)
        if _same(before, self.duty):
            return False
        self._say_duty(by)
        return True

    async def set_override(self, route: str, minutes: float | None, reason: str, by: str) -> Override:
        """Pin a route, for a time or until taken back."""
        now = self._unix()
        self.override = Override(route, now, now + minutes * 60 if minutes is not None else None, reason, by)
        await self._journal.remember(OVERRIDE_KEY, asdict(self.override))
        told = asdict(self.override) | {"since": wall_time(now), "until": _wall(self.override.until)}
        self._say(EventType.OVERRIDE_SET, told)
        return self.override

    async def end_override(self, why: str) -> bool:
        """Back to automatic. ``False`` when nothing was pinned."""
        if self.override is None:
            return False
        ended, self.override = self.override, None
        await self._journal.remember(OVERRIDE_KEY, None)
        self._say(EventType.OVERRIDE_ENDED, {"route": ended.route, "why": why})
        return True

    async def expire(self) -> bool:
        """End what has reached its time; whether an override was among it."""
        await self._follow_clock()
        now = self._unix()
        await self._follow_rota(now)
        if self._temporary is not None and self._temporary.until is not None and self._temporary.until <= now:
            self._temporary = None
            await self._keep_duty()
            self._say_duty(phrase("the clock"))
        if self.override is not None and self.override.until is not None and self.override.until <= now:
            return await self.end_override(phrase("its time is over"))
        return False

    async def _follow_clock(self) -> None:
        """A box without a clock of its own gets the time late: ten minutes stay ten minutes when it jumps."""
        offset = self._unix() - asyncio.get_running_loop().time()
        jump_s = offset - self._clock_offset if self._clock_offset is not None else 0.0
        self._clock_offset = offset
        if abs(jump_s) < CLOCK_JUMP_S:
            return
        log.warning("the clock jumped by %.0f s; what ends at a time is moved along", jump_s)
        if self.override is not None:
            until = self.override.until
            self.override = replace(
                self.override,
                since=self.override.since + jump_s,
                until=until + jump_s if until is not None else None,
            )
            await self._journal.remember(OVERRIDE_KEY, asdict(self.override))
        if self._temporary is not None and self._temporary.until is not None:
            self._temporary = replace(self._temporary, until=self._temporary.until + jump_s)
            await self._keep_duty()

    def next_end(self) -> float | None:
        """When something ends, in Unix seconds."""
        shown = (self._temporary, self.override, self._by_roster)
        ends = [one.until for one in shown if one is not None and one.until is not None]
        return min(ends, default=None)

    async def _follow_rota(self, now: float) -> None:
        if self._looked_at <= now < self._look_again_at:
            return
        before = self.duty
        self._look_at_roster(await self.people())
        if not _same(before, self.duty):
            self._say_duty(phrase("the rota"))

    def _look_at_roster(self, people: Mapping[str, Person]) -> None:
        """Who has duty by the roster now. Somebody who is not in it keeps nobody from being on duty."""
        now = self._unix()
        person, until = self._duty_at(now)
        self._looked_at, self._look_again_at = now, min(now + LOOK_AGAIN_S, until or float("inf"))
        if person in people:
            self._by_roster = Duty(person, people[person].mobile, until)
        else:
            self._by_roster = replace(self._by_roster, until=until)

    async def _keep_duty(self) -> None:
        lasting, temporary = (_duty_to(one) if one else None for one in (self._lasting, self._temporary))
        await self._journal.remember(DUTY_KEY, {"lasting": lasting, "temporary": temporary, "by": "a person"})

    def _say_duty(self, by: str) -> None:
        self._say(EventType.DUTY_CHANGED, {**_duty_to(self.duty), "until": _wall(self.duty.until), "by": by})


def _wall(unix: float | None) -> str | None:
    return wall_time(unix) if unix is not None else None


def _duty_to(duty: Duty) -> dict[str, Any]:
    return {"person": duty.person, "number": duty.number.e164, "until": duty.until}


def _duty_from(kept: Any, people: Mapping[str, Person]) -> Duty | None:
    """A person's number is the roster's of today, not the one of the day the duty was set."""
    if not isinstance(kept, dict):
        return None
    person, number, until = kept.get("person"), kept.get("number"), kept.get("until")
    if isinstance(person, str) and person in people:
        return Duty(person, people[person].mobile, until)
    try:
        return Duty(None, parse(str(number), None), until)
    except NotANumber:
        return None


def _still(duty: Duty | None, people: Mapping[str, Person]) -> Duty | None:
    """The duty under the number that the roster has now; ``None`` where the person is gone from it."""
    if duty is None or duty.person is None:
        return duty
    person = people.get(duty.person)
    return None if person is None else replace(duty, number=person.mobile)


def _same(one: Duty, other: Duty) -> bool:
    return (one.person, one.number) == (other.person, other.number)
