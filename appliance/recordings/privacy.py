"""One caller's recordings: told, with how each is fetched; or erased before their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.domain.privacy import Erased, HolderError, digits_of
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, State, told
from appliance.recordings.keeper import ASKED, Keeper


class RecordingsHolder:
    """One exchange's."""

    kind = "recordings"

    def __init__(self, keeper: Keeper, exchange: str) -> None:
        self._keeper, self._exchange = keeper, exchange

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """The list; the sound itself comes by ``recording.read``."""
        return [told(one, self._exchange) for one in await self._of(digits)]

    async def erase(self, digits: str) -> Erased:
        """Files and entries, each with its event, which names nobody."""
        found = await self._of(digits)
        done = [one for one in found if one.state is not State.RECORDING]
        try:
            for one in done:
                await self._keeper.erase(one, ASKED)
        except (RecordingsError, OSError) as error:
            raise HolderError(str(error)) from None
        return Erased(len(done), len(found) - len(done))

    async def _of(self, digits: str) -> list[Recording]:
        try:
            found = await self._keeper.book.of_number(digits)
        except RecordingsError as error:
            raise HolderError(str(error)) from None
        return [one for one in found if one.record is not None and digits_of(one.record.caller) == digits]
