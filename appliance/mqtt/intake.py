"""Commands, from whichever link they come: judged, carried out once, answered (CONTRACT, "MQTT").

The same id is never carried out twice. While a command runs, its twins wait for its answer; afterwards the kept
answer is given again, for an hour. Before a command runs, "interrupted" is kept as its answer, so that a twin that
comes after a crash in the middle is not carried out either: nobody knows how far the first one got.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.events import EventType
from appliance.mqtt import payloads, request
from appliance.mqtt.ports import Handler, LinkJournal

Response = Mapping[str, Any]
# whoever erases a recording must find it nowhere else
NEVER_KEPT = frozenset({"recording.read", "voicemail.read", "privacy.export"})
MOST_KEPT_BYTES = 64 * 1024  # of a look's answer: a roster looked at every minute must not wear out the disk

_log = logging.getLogger(__name__)


class Intake:
    """One for all links. ``now`` is monotonic seconds."""

    def __init__(self, handler: Handler, journal: LinkJournal, now: Callable[[], float]) -> None:
        self._handler, self._journal, self._now = handler, journal, now
        self._running: dict[str, asyncio.Future[Response]] = {}

    async def answer(
        self, payload: bytes, deadline: float | None, link: str, allows: Callable[[str], bool]
    ) -> Response:
        """The response to one message. ``deadline`` is monotonic seconds. Raises nothing but cancellation."""
        command = request.read(payload, link)
        if isinstance(command, request.Refusal):
            _log.info("link %s: refused a command: %s", link, command.error.message)
            return payloads.failure(command.id, command.error)
        if command.name not in self._handler.names:
            return payloads.refusal(command.id, ErrorCode.UNKNOWN_COMMAND, f"there is no command {command.name!r}")
        if not allows(command.name):
            return payloads.refusal(
                command.id, ErrorCode.NOT_ALLOWED, f"{command.name} may not be given through link {link}"
            )
        first = self._running.get(command.id)
        if first is not None:
            return await asyncio.shield(first)
        return await self._once(command, deadline)

    async def _once(self, command: Command, deadline: float | None) -> Response:
        outcome: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._running[command.id] = outcome
        try:
            response = await self._journal.first_response(command.id)
            if response is None:
                response = await self._expired_or_done(command, deadline)
            outcome.set_result(response)
            return response
        except Exception as error:  # the links' workers must outlive any fault in here
            _log.exception("command %s could not be dealt with", command.name)
            response = _internal(command.id, error)
            outcome.set_result(response)
            return response
        finally:
            del self._running[command.id]
            if not outcome.done():
                outcome.cancel()

    async def _expired_or_done(self, command: Command, deadline: float | None) -> dict[str, Any]:
        if deadline is not None and self._now() >= deadline:
            response = payloads.refusal(command.id, ErrorCode.EXPIRED, "its time was over before it could be begun")
        elif command.name in self._handler.only_looking:
            response = await self._carry_out(command)
            if command.name not in NEVER_KEPT and len(payloads.encode(response)) <= MOST_KEPT_BYTES:
                await self._journal.keep_response(command.id, response)
            return response
        else:
            await self._journal.keep_response(command.id, _interrupted(command.id))
            response = await self._carry_out(command)
        error = response.get("error")
        told = {"id": command.id, "name": command.name, "link": command.link, "ok": response["ok"]}
        if error is not None:
            told["code"] = error["code"]
        # one transaction holds both, for they are asked for together
        await asyncio.gather(
            self._journal.keep_response(command.id, response), self._journal.append(EventType.COMMAND, told)
        )
        return response

    async def _carry_out(self, command: Command) -> dict[str, Any]:
        try:
            return payloads.success(command.id, await self._handler.execute(command))
        except CommandError as error:
            return payloads.failure(command.id, error)
        except Exception as error:  # a fault in one command must not stop the others
            _log.exception("link %s: command %s failed", command.link, command.name)
            return _internal(command.id, error)


def _interrupted(command_id: str) -> dict[str, Any]:
    return payloads.refusal(
        command_id,
        ErrorCode.FAILED,
        "the box was restarted while it carried this command out; see what stands, and ask anew under another id",
    )


def _internal(command_id: str, error: Exception) -> dict[str, Any]:
    # the text of an unforeseen error may hold anything, a password too: its kind must do
    return payloads.refusal(command_id, ErrorCode.FAILED, f"an internal error, {type(error).__name__}")
