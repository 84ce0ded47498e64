"""The recording of a call, for the player on the call's page: passed on from the exchange in pieces, never whole."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from appliance.domain.calls import CallRecord
from appliance.domain.commands import ErrorCode
from appliance.mqtt.asker import UnreachableError
from appliance.recordings.reading import MOST_BYTES
from appliance.translation import _
from appliance.web.box import CommandRefusedError
from appliance.web.page import Page
from appliance.web.pages.calls import call_of, recording_of
from appliance.web.permission import Permission
from appliance.web.ranges import Span, UnsatisfiableError, span_of, unsatisfied
from appliance.web.visit import Visit

_log = logging.getLogger(__name__)
BOX = "box"  # its exchange gets the recordings of the others, too
WITHIN_S = 15.0  # it waits 10 s for them
NOBODY = "-"  # where no person belongs to an account; no call is theirs either


class _NoPieceError(Exception):
    """The exchange gives nothing; ``status`` and the text are the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Source:
    """A recording at its exchange, as this visitor hears it."""

    visit: Visit
    exchange: str
    name: str

    async def piece(self, offset: int, length: int) -> tuple[bytes, int]:
        """Bytes from ``offset`` on, and how many there are of the whole. Raises :class:`_NoPieceError`."""
        args = {"id": self.name, "exchange": self.exchange, "offset": offset, "length": min(length, MOST_BYTES)}
        if not self.visit.may(Permission.SEE_ALL_CALLS):
            args["as"] = self.visit.account.person or NOBODY
        try:
            told = await self.visit.desk.box.ask("recording.read", args, exchange=BOX, timeout_s=WITHIN_S)
            data, size = base64.b64decode(told["data"], validate=True), told["bytes"]
        except UnreachableError:
            raise _NoPieceError(503, _("The exchange does not answer. Try again later.")) from None
        except CommandRefusedError as error:
            raise _refused(error) from None
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise _NoPieceError(503, _("The exchange sent something that is no recording.")) from None
        if not isinstance(size, int) or size < 0:
            raise _NoPieceError(503, _("The exchange sent something that is no recording."))
        return data, size

    async def pieces(self, span: Span) -> AsyncIterator[bytes]:
        """The bytes of a span, a piece at a time. Raises :class:`_NoPieceError`."""
        at = span.first
        while at <= span.last:
            data, _size = await self.piece(at, span.last + 1 - at)
            if not data:
                raise _NoPieceError(503, "it is shorter than it was")
            data = data[: span.last + 1 - at]
            at += len(data)
            yield data


class _Sound(StreamingResponse):
    """What breaks off half-way is left without an end: the server closes, and nobody takes it for the whole."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except _NoPieceError as error:
            _log.warning("a recording broke off on its way to a browser: %s", error)


async def sound(visit: Visit) -> Response:
    """The WAV file, or the range of it that is asked for; with ``download`` to be saved."""
    call = await call_of(visit)
    name = recording_of(visit, call)
    if name is None:
        raise HTTPException(404, _("There is no recording of this call that you may hear."))
    source = _Source(visit, call.exchange, name)
    try:
        _first, size = await source.piece(0, 1)
    except _NoPieceError as error:
        raise HTTPException(error.status, str(error)) from None
    headers = {"Accept-Ranges": "bytes", "Content-Type": "audio/wav", "ETag": f'"{name}-{size}"'}
    if visit.query("download"):
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    try:
        span = span_of(_range(visit, headers["ETag"]), size)
    except UnsatisfiableError:
        return Response(status_code=416, headers={"Accept-Ranges": "bytes", "Content-Range": unsatisfied(size)})
    if span is not None:
        headers["Content-Range"] = span.content_range
    wanted = span or Span(0, size - 1, size)
    headers["Content-Length"] = str(wanted.length)
    status = 200 if span is None else 206
    if visit.request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    await _note(visit, call, name)
    return _Sound(source.pieces(wanted), status, headers)


def _range(visit: Visit, etag: str) -> str | None:
    """The header Range where it counts: for GET (§14.2), and of the recording that is meant (§13.1.5)."""
    asked = visit.request.headers
    if visit.request.method != "GET" or asked.get("if-range", etag) != etag:
        return None
    return asked.get("range")


async def _note(visit: Visit, call: CallRecord, name: str) -> None:
    action = "recording.downloaded" if visit.query("download") else "recording.heard"
    key = (action, visit.account.name, call.exchange, name)
    if not visit.desk.listening.begins(key, visit.desk.clock()):
        return
    try:
        await visit.note(action, subject=name, detail=call.exchange)
    except BaseException:
        visit.desk.listening.forget(key)
        raise


def _refused(error: CommandRefusedError) -> _NoPieceError:
    if error.code == ErrorCode.BAD_REQUEST:  # none there, or none for this person: told alike
        return _NoPieceError(404, _("There is no such recording. It may have been erased."))
    if error.code == ErrorCode.CONFLICT:
        return _NoPieceError(409, _("It is still being recorded."))
    return _NoPieceError(503, _("The exchange cannot give the recording: {why}").format(why=error))


PAGES = (Page("/calls/{id}/recording", sound, Permission.SEE_OWN_CALLS),)
