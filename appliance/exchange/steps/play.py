"""Playing a sound, such as a greeting."""

from __future__ import annotations

from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Next, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import Play


class DoPlay:
    """To its end; begun once more where a crash interrupted it."""

    def __init__(self, stage: Stage, step: Play) -> None:
        self._stage, self._step = stage, step

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Play. Raises ``CallerGoneError``."""
        await self._stage.play(self._step.sound)
        return Next()
