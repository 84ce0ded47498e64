"""Forms as browsers send them, bounded before anything is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

MOST_FIELDS = 2000
MOST_FILES = 20


class TooLargeError(Exception):
    """More bytes than the page takes."""


class NoFormError(Exception):
    """What was sent is no form."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and uploaded files by name; of a name that comes twice the last counts."""

    fields: Mapping[str, str]
    files: Mapping[str, UploadFile] = field(default_factory=dict)


async def read(request: Request, *, most_bytes: int, upload: bool) -> Form:
    """The form of a request. Raises :class:`TooLargeError`, :class:`NoFormError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and upload:
        return await _multipart(request, most_bytes)
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise NoFormError
    body = b"".join([chunk async for chunk in _bounded(request, most_bytes)])
    try:
        return Form(dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)))
    except ValueError:
        raise NoFormError from None


async def _multipart(request: Request, most_bytes: int) -> Form:
    parser = MultiPartParser(
        request.headers, _bounded(request, most_bytes), max_files=MOST_FILES, max_fields=MOST_FIELDS
    )
    try:
        parsed = await parser.parse()
    except MultiPartException:
        raise NoFormError from None
    fields = {name: value for name, value in parsed.items() if isinstance(value, str)}
    return Form(fields, {name: value for name, value in parsed.items() if isinstance(value, UploadFile)})


async def _bounded(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > most_bytes:
            raise TooLargeError
        yield chunk
