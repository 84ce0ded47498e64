"""Commands about callbacks: who waits to be called back, and taking one back; through the box's exchange also at the
others, each of which keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.times import rfc3339
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.commands.arguments import Args, CommandTable
from appliance.exchange.commands.elsewhere import Ask, Elsewhere
from appliance.mqtt.topics import Topics
from appliance.queueing.callback_life import Callback, IllegalMove
from appliance.queueing.callback_store import CallbackStoreError

MOST_ROWS = 500
LIST, CANCEL = "callback.list", "callback.cancel"


class _List(Args):
    ended: int = Field(default=0, ge=0, le=MOST_ROWS)
    queue: str | None = None
    here: bool = False


class _Cancel(Args):
    id: str = Field(min_length=1, max_length=100)
    here: bool = False


def told(callback: Callback) -> dict[str, Any]:
    """A callback as commands and the state document tell it; what is unset is left out."""
    document = {
        "id": callback.id,
        "exchange": callback.exchange,
        "queue": callback.queue,
        "number": callback.number,
        "state": "held" if callback.held and callback.ended_at is None else callback.state.value,
        "since": _text(callback.queued_at),
        "asked_at": _text(callback.asked_at),
        "not_before": _text(callback.not_before) if callback.ended_at is None else None,
        "tries": callback.tries,
        "last_result": callback.last_result,
        "agent": callback.agent,
        "result": callback.result,
        "why": callback.why,
        "ended_at": _text(callback.ended_at) if callback.ended_at is not None else None,
    }
    return {key: value for key, value in document.items() if value is not None}


class CallbackCommands:
    """``others`` are the names of the exchanges that can be asked; none, where this is not the box's."""

    def __init__(self, topics: Topics, desk: CallbackDesk, ask: Ask, others: Callable[[], Collection[str]]) -> None:
        self._desk, self._elsewhere = desk, Elsewhere(topics, ask, others)
        self.table = CommandTable({LIST: (_List, self._list), CANCEL: (_Cancel, self._cancel)}, frozenset({LIST}))

    async def _list(self, args: _List, _: Command) -> Mapping[str, Any]:
        found = [told(one) for one in self._desk.standing]
        try:
            found += [told(one) for one in await self._desk.recent(args.ended)] if args.ended else []
        except CallbackStoreError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        missing: list[str] = []
        if not args.here:
            more, missing = await self._elsewhere.found(LIST, {"ended": args.ended, "here": True}, "callbacks")
            found += map(dict, more)
        found = [one for one in found if args.queue in (None, one.get("queue"))]
        found.sort(key=lambda one: (one.get("ended_at") is not None, str(one.get("since"))))
        return {"callbacks": found, "missing": missing}

    async def _cancel(self, args: _Cancel, command: Command) -> Mapping[str, Any]:
        if self._desk.get(args.id) is None:
            if not args.here and (found := await self._cancelled_elsewhere(args.id)) is not None:
                return found
            raise CommandError(ErrorCode.BAD_REQUEST, f"no callback {args.id!r} stands; {LIST} tells which do")
        try:
            return {"callback": told(await self._desk.cancel(args.id, f"by command over {command.link}"))}
        except IllegalMove:
            raise CommandError(ErrorCode.CONFLICT, "they are talking: end the call instead") from None
        except CallbackStoreError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None

    async def _cancelled_elsewhere(self, id_: str) -> Mapping[str, Any] | None:
        answers = await self._elsewhere.answers(CANCEL, {"id": id_, "here": True})
        for answer in answers.values():
            result, error = answer.get("result"), answer.get("error")
            if answer.get("ok") is True and isinstance(result, dict):
                return result
            if isinstance(error, dict) and error.get("code") == ErrorCode.CONFLICT:
                raise CommandError(ErrorCode.CONFLICT, str(error.get("message")))
        silent = [
            other
            for other, answer in answers.items()
            if isinstance(error := answer.get("error"), dict) and error.get("code") == ErrorCode.FAILED
        ]
        if silent:
            raise CommandError(ErrorCode.FAILED, f"not known here, and {', '.join(silent)} does not answer")
        return None


def _text(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))
