"""From a command's name to who does it: arguments are checked against a model first, and every mistake is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phrase import phrase

Handler = Callable[[Any, Command], Awaitable[Mapping[str, Any]]]


class Dispatch:
    """A service's commands: by name, the model of the arguments and what is done with them."""

    def __init__(self, handlers: Mapping[str, tuple[type[BaseModel], Handler]]) -> None:
        self._handlers = handlers

    @property
    def names(self) -> Collection[str]:
        """Every command there is."""
        return self._handlers.keys()

    async def execute(self, command: Command) -> Mapping[str, Any]:
        """Do it. Raises :class:`CommandError`."""
        if command.name not in self._handlers:
            raise CommandError(
                ErrorCode.UNKNOWN_COMMAND, phrase("there is no command {name}", name=repr(command.name))
            )
        model, handler = self._handlers[command.name]
        try:
            args = model.model_validate(dict(command.args))
        except ValidationError as error:
            raise CommandError(ErrorCode.BAD_REQUEST, _wording(error)) from None
        return await handler(args, command)


def _wording(error: ValidationError) -> str:
    parts = []
    for detail in error.errors(include_url=False):
        place = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        parts.append(f"{place}: {message}" if place else message)
    return "; ".join(parts)
