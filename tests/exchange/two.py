"""The box's exchange and a node's, which is reached as the broker reaches it: by JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from appliance.domain.commands import Command, CommandError
from appliance.exchange.commands.elsewhere import Ask
from appliance.mqtt.links import UnreachableError


class Executor(Protocol):
    """Whatever carries commands out."""

    async def execute(self, command: Command) -> Mapping[str, Any]:
        """Do it."""


class TwoExchanges:
    """``made`` gives the commands of an exchange by its name, how it asks another, and whom it may."""

    def __init__(self, made: Callable[[str, Ask, tuple[str, ...]], Executor]) -> None:
        self.reachable = True
        self.commands = made("box", self._ask, ("node-1",))
        self._node = made("node-1", self._ask, ())

    async def ask(self, name: str, **args: Any) -> Any:
        """A command to the box's; ``as_`` stands for ``as``."""
        if "as_" in args:
            args["as"] = args.pop("as_")
        return await self.commands.execute(Command("1", name, args, "local"))

    async def _ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        assert topic == "hotline/b/exchange/node-1/command"
        if not self.reachable:
            raise UnreachableError("no answer")
        try:
            result = await self._node.execute(Command(id_, name, json.loads(json.dumps(dict(args))), "local"))
        except CommandError as error:
            return {"ok": False, "error": {"code": str(error.code), "message": error.message}}
        return {"ok": True, "result": json.loads(json.dumps(dict(result)))}
