"""A sound that an exchange has, passed on to a browser in pieces as they are asked for, never whole."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from appliance.domain.commands import ErrorCode
from appliance.mqtt.asker import UnreachableError
from appliance.situation.said import said
from appliance.translation import _
from appliance.web.box import BoxWords, CommandRefusedError
from appliance.web.ranges import Span, UnsatisfiableError, span_of, unsatisfied

_log = logging.getLogger(__name__)
BOX = "box"  # its exchange gets the recordings of the others, too
WITHIN_S = 15.0  # it waits 10 s for them


class _NoPieceError(Exception):
    """The exchange gives nothing; ``status`` and the text are the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Source:
    """A WAV file at the box's exchange: the command that reads a piece of it, with the arguments that name it."""

    box: BoxWords
    command: str
    args: Mapping[str, Any]
    most_bytes: int

    async def piece(self, offset: int, length: int) -> tuple[bytes, int]:
        """Bytes from ``offset`` on, and how many there are of the whole. Raises :class:`_NoPieceError`."""
        args = {**self.args, "offset": offset, "length": min(length, self.most_bytes)}
        try:
            told = await self.box.ask(self.command, args, exchange=BOX, timeout_s=WITHIN_S)
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
            _log.warning("a sound broke off on its way to a browser: %s", error)


async def respond(
    request: Request,
    source: Source,
    name: str,
    *,
    download: bool,
    before: Callable[[], Awaitable[None]] | None = None,
) -> Response:
    """The WAV file, or the range of it that is asked for; ``before`` is done before any of it leaves.

    Raises ``HTTPException``.
    """
    try:
        _first, size = await source.piece(0, 1)
    except _NoPieceError as error:
        raise HTTPException(error.status, str(error)) from None
    headers = {"Accept-Ranges": "bytes", "Content-Type": "audio/wav", "ETag": f'"{name}-{size}"'}
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    try:
        span = span_of(_range(request, headers["ETag"]), size)
    except UnsatisfiableError:
        return Response(status_code=416, headers={"Accept-Ranges": "bytes", "Content-Range": unsatisfied(size)})
    if span is not None:
        headers["Content-Range"] = span.content_range
    wanted = span or Span(0, size - 1, size)
    headers["Content-Length"] = str(wanted.length)
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if before is not None:
        await before()
    return _Sound(source.pieces(wanted), status, headers)


def _range(request: Request, etag: str) -> str | None:
    """The header Range where it counts: for GET (§14.2), and of the sound that is meant (§13.1.5)."""
    if request.method != "GET" or request.headers.get("if-range", etag) != etag:
        return None
    return request.headers.get("range")


def _refused(error: CommandRefusedError) -> _NoPieceError:
    if error.code == ErrorCode.BAD_REQUEST:  # none there, or none for this person: told alike
        return _NoPieceError(404, _("There is no such recording. It may have been erased."))
    if error.code == ErrorCode.CONFLICT:
        return _NoPieceError(409, _("It is still being recorded."))
    return _NoPieceError(503, _("The exchange cannot give the recording: {why}").format(why=said(str(error))))
