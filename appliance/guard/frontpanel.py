"""The front panel, plugged into the guard: it sees what the links see, and commands as they do."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.config.models import Panel as Settings
from appliance.domain.events import EventType
from appliance.mqtt.intake import Intake
from appliance.mqtt.ports import Handler, LinkJournal

log = logging.getLogger(__name__)
LINK = "panel"
PROVISIONED = Path("/run/hotline/provisioning.json")


def has_pins(settings: Settings) -> bool:
    """Whether there is a panel at all."""
    return any(
        pin is not None
        for pin in (
            settings.green_pin,
            settings.yellow_pin,
            settings.red_pin,
            settings.buzzer_pin,
            settings.button_pin,
        )
    )


def network_reset(state_dir: Path, provisioned: Path = PROVISIONED) -> Callable[[], Awaitable[bool]]:
    """What asks the box for it; refused where no image looks after the network."""

    def attempt() -> bool:
        from appliance.provision.reset import ask  # hardly ever used: the guard need not carry it

        if not provisioned.exists():
            log.warning("the network of this box was not set up by an image: it stays as it is")
            return False
        try:
            ask(state_dir)
        except OSError as error:
            log.error("the network's reset cannot be asked for: %s", error.strerror)  # noqa: TRY400  # no fault of ours
            return False
        return True

    async def reset() -> bool:
        return await asyncio.to_thread(attempt)

    return reset


def front_panel(
    settings: Settings,
    newest: Callable[[], Mapping[str, Any] | None],
    handler: Handler,
    journal: LinkJournal,
    say: Callable[[EventType, Mapping[str, Any]], object],
    reset: Callable[[], Awaitable[bool]],
) -> Callable[[], Awaitable[None]]:
    """What serves the panel until cancelled."""

    async def serve() -> None:
        from appliance.panel.service import FrontPanel  # a box without a panel need not carry it

        intake = Intake(handler, journal, asyncio.get_running_loop().time)

        async def act(name: str, args: Mapping[str, Any]) -> bool:
            command = {"schema": 1, "id": f"{LINK}-{uuid.uuid4()}", "name": name, "args": dict(args)}
            response = await intake.answer(json.dumps(command).encode(), None, LINK, lambda _: True)
            return response["ok"] is True

        await FrontPanel(settings, newest, act, say, reset).run()

    return serve
