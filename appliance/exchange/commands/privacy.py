"""Commands ``privacy.export`` and ``privacy.erase``: everything of one caller, in all exchanges and the guard.

Each exchange answers for its own stores. The box's asks the others and the guard too, and says who did not answer:
what was not reached is not done, and asking again does no harm. The event of an erasure does not say whose it was.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import Field

from appliance.calls import codec
from appliance.calls.privacy import nobodys
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.events import EventType
from appliance.domain.phone import NotANumber, parse
from appliance.domain.privacy import Erased, Holder, HolderError, digits_of
from appliance.exchange.commands.arguments import Args, CommandTable
from appliance.exchange.teller import CALL_EVENT
from appliance.journal.journal import Journal
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics

ASK_WITHIN_S = 30.0
EXPORT, ERASE = "privacy.export", "privacy.erase"
GUARD = "guard"
Ask = Callable[[str, str, Mapping[str, Any], str, float], Awaitable[Mapping[str, Any]]]


class _Whose(Args):
    number: str = Field(min_length=1, max_length=60)
    here: bool = False


class JournalHolder:
    """The exchange's own journal: its events ``call`` name callers."""

    kind = "events"

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """Nothing that the call log does not tell better."""
        return ()

    async def erase(self, digits: str) -> Erased:
        """The number goes out of the events, and the answers of the last hour in which it is."""
        count = await self._journal.forget_number(CALL_EVENT, digits, lambda data: _nobodys(data, digits))
        if count is None:
            raise HolderError("the journal does not answer")
        return Erased(count)


def _nobodys(data: Mapping[str, Any], digits: str) -> Mapping[str, Any] | None:
    """The event as the call log has the call from now on; ``None``: it is somebody else's."""
    if digits_of(str(data.get("caller") or "")) != digits:
        return None
    try:
        return codec.to_mapping(nobodys(codec.from_mapping(data), digits))
    except ValueError:  # of another version: what can be read of it is not worth the number
        return {key: value for key, value in data.items() if key not in ("caller", "legs", "transfers", "recording")}


class PrivacyCommands:
    """``holders`` are asked in order: what tells where the rest is comes last. ``others`` are the other exchanges;
    none of them, nor the guard, is asked where ``box`` is off."""

    def __init__(
        self,
        topics: Topics,
        region: str,
        holders: Sequence[Holder],
        journal: Journal,
        ask: Ask,
        others: Callable[[], Collection[str]],
        *,
        box: bool,
    ) -> None:
        self._topics, self._region, self._holders = topics, region, holders
        self._journal, self._ask, self._others, self._box = journal, ask, others, box
        self.table = CommandTable({EXPORT: (_Whose, self._export), ERASE: (_Whose, self._erase)}, frozenset({EXPORT}))

    async def _export(self, args: _Whose, _: Command) -> Mapping[str, Any]:
        number, digits = self._number(args.number)
        try:
            own = {holder.kind: list(await holder.export(digits)) for holder in self._holders}
        except HolderError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        found: dict[str, Any] = {self._topics.exchange or "": own}
        others, missing, _in_use = await self._elsewhere(EXPORT, number, args)
        return {"number": number, "found": found | others, "missing": missing}

    async def _erase(self, args: _Whose, command: Command) -> Mapping[str, Any]:
        number, digits = self._number(args.number)
        own: dict[str, Any] = {}
        in_use = 0
        for holder in self._holders:
            try:
                erased = await holder.erase(digits)
            except HolderError as error:
                raise CommandError(ErrorCode.FAILED, f"{holder.kind}: {error}; ask again") from None
            own[holder.kind] = erased.erased
            in_use += erased.in_use
        await self._journal.append(EventType.PRIVACY_ERASED, {"erased": own, "in_use": in_use, "by": command.link})
        others, missing, in_use_elsewhere = await self._elsewhere(ERASE, number, args)
        return {
            "erased": {self._topics.exchange or "": own} | others,
            "in_use": in_use + in_use_elsewhere,
            "missing": missing,
        }

    async def _elsewhere(self, name: str, number: str, args: _Whose) -> tuple[dict[str, Any], list[str], int]:
        """What the others answered, by name, who did not, and how much is in use there."""
        if args.here or not self._box:
            return {}, [], 0
        device = self._topics.device_id
        places = {GUARD: Topics(device).command} | {
            one: Topics(device, one).command for one in sorted(self._others())
        }
        answers = await asyncio.gather(*(self._ask_one(topic, name, number) for topic in places.values()))
        key = "found" if name == EXPORT else "erased"
        found: dict[str, Any] = {}
        missing, in_use = [], 0
        for place, answer in zip(places, answers, strict=True):
            result = answer.get("result")
            if answer.get("ok") is True and isinstance(result, dict) and isinstance(result.get(key), dict):
                found |= result[key]
                in_use += result["in_use"] if isinstance(result.get("in_use"), int) else 0
            else:
                missing.append(place)
        return found, missing, in_use

    async def _ask_one(self, topic: str, name: str, number: str) -> Mapping[str, Any]:
        args = {"number": number, "here": True}
        try:
            return await self._ask(topic, name, args, f"privacy-{secrets.token_hex(8)}", ASK_WITHIN_S)
        except UnreachableError:
            return {}

    def _number(self, text: str) -> tuple[str, str]:
        try:
            number = parse(text, self._region).e164
        except NotANumber as error:
            if len(digits_of(text)) < 3:  # short numbers have no E.164 form
                raise CommandError(ErrorCode.BAD_REQUEST, str(error)) from None
            number = text
        return number, digits_of(number)
