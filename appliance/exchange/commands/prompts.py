"""Commands about the user's own sounds: put in pieces, listed, fetched, removed."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, model_validator

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phrase import phrase
from appliance.domain.prompts import MOST_FILE_BYTES, OWN, PROMPTS
from appliance.exchange.commands.arguments import Args, CommandTable, NoArgs
from appliance.exchange.speaking import Speaking
from appliance.exchange.world import Standing
from appliance.mqtt.dispatch import Handler
from appliance.prompts import waves
from appliance.prompts.convert import convert
from appliance.prompts.own import HASH_DIGITS, StoreFullError, name_of
from appliance.prompts.phrases import DEFAULT, languages
from appliance.prompts.programs import ProgramError
from appliance.prompts.waves import UnusableError
from appliance.roster.sounds import sounds_in

PIECE_BYTES = 192 * 1024  # a command has a megabyte at most, and base64 takes a third more
MOST_UPLOADS = 4
PUT, LIST, GET, REMOVE = "prompt.put", "prompt.list", "prompt.get", "prompt.remove"
UPLOAD_WITHIN_S = 120.0
SoundName = Annotated[str, Field(pattern=r"^own/[a-z0-9_-]{1,80}$")]


class _Put(Args):
    """``name`` for a file as the user has it, ``sound`` for one that another exchange has converted."""

    upload: str = Field(pattern=r"^[A-Za-z0-9-]{1,64}$")
    name: str | None = Field(default=None, max_length=64)
    sound: SoundName | None = None
    offset: int = Field(default=0, ge=0)
    total: int = Field(ge=1, le=MOST_FILE_BYTES)
    data: str = Field(max_length=PIECE_BYTES * 4 // 3 + 4)

    @model_validator(mode="after")
    def _one_of_both(self) -> _Put:
        if (self.name is None) is (self.sound is None):
            raise ValueError("give name, or sound for one that is converted already")
        return self


class _Get(Args):
    """``sound`` is one of the user's own; ``prompt`` is said as it is without any, in ``language``."""

    sound: SoundName | None = None
    prompt: str | None = Field(default=None, max_length=64)
    language: str = Field(default=DEFAULT, max_length=16)
    offset: int = Field(default=0, ge=0)
    length: int = Field(default=PIECE_BYTES, ge=1, le=PIECE_BYTES)

    @model_validator(mode="after")
    def _one_of_both(self) -> _Get:
        if (self.sound is None) is (self.prompt is None):
            raise ValueError("give sound for one of your own, or prompt for what is said without one")
        return self


class _Remove(Args):
    sound: SoundName


@dataclass
class _Upload:
    data: bytearray = field(default_factory=bytearray)
    touched: float = 0.0


class PromptCommands:
    """``kept`` is called once there is another sound."""

    def __init__(self, speaking: Speaking, standing: Standing, kept: Callable[[], None]) -> None:
        self._own, self._standing, self._kept = speaking.own, standing, kept
        self._default = speaking.default
        self._uploads: dict[str, _Upload] = {}
        handlers: dict[str, tuple[type[Args], Handler]] = {
            PUT: (_Put, self._put),
            LIST: (NoArgs, self._list),
            GET: (_Get, self._get),
            REMOVE: (_Remove, self._remove),
        }
        self.table = CommandTable(handlers, frozenset({LIST, GET}))

    async def _put(self, args: _Put, _: Command) -> Mapping[str, Any]:
        data = self._pieces(args)
        if len(data) < args.total:
            return {"upload": args.upload, "next": len(data)}
        del self._uploads[args.upload]
        try:
            return await (self._import(args.name or "", data) if args.sound is None else self._take(args.sound, data))
        except (UnusableError, ValueError) as error:
            raise CommandError(ErrorCode.BAD_REQUEST, str(error)) from None
        except (ProgramError, StoreFullError) as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        except OSError as error:
            raise CommandError(
                ErrorCode.FAILED, phrase("it cannot be kept: {why}", why=str(error.strerror))
            ) from None

    def _pieces(self, args: _Put) -> bytes:
        """What has come of the file so far. A piece that comes again changes nothing."""
        try:
            piece = base64.b64decode(args.data, validate=True)
        except binascii.Error:
            raise CommandError(ErrorCode.BAD_REQUEST, phrase("data: is no base64")) from None
        now = asyncio.get_running_loop().time()
        self._uploads = {name: one for name, one in self._uploads.items() if now - one.touched < UPLOAD_WITHIN_S}
        if args.upload not in self._uploads and len(self._uploads) >= MOST_UPLOADS:
            raise CommandError(
                ErrorCode.CONFLICT, phrase("{n} files are on their way already; try again later", n=MOST_UPLOADS)
            )
        upload = self._uploads.setdefault(args.upload, _Upload())
        upload.touched = now
        if args.offset > len(upload.data):
            raise CommandError(
                ErrorCode.CONFLICT, phrase("offset: the next piece begins at {place}", place=len(upload.data))
            )
        upload.data += piece[len(upload.data) - args.offset :]
        if len(upload.data) > args.total:
            del self._uploads[args.upload]
            raise CommandError(
                ErrorCode.BAD_REQUEST, phrase("data: has more than the {total} bytes of total", total=args.total)
            )
        return bytes(upload.data)

    async def _import(self, name: str, data: bytes) -> Mapping[str, Any]:
        name_of(name, b"")  # before the work
        found = await convert(data)
        sound = await self._own.keep(name, found.wav)
        self._kept()
        judged = found.judged
        return {"sound": sound, "seconds": judged.seconds, "peak_db": judged.peak_db, "clipped": judged.clipped}

    async def _take(self, sound: str, wav: bytes) -> Mapping[str, Any]:
        waves.pcm_in(wav)
        name = sound.removeprefix(OWN)[: -HASH_DIGITS - 1]
        if name_of(name, wav) != sound:
            raise UnusableError(phrase("what came is another sound than its name says"))
        await self._own.keep(name, wav)
        self._kept()
        return {"sound": sound, "seconds": waves.seconds_of(len(wav))}

    async def _list(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        used: dict[str, list[str]] = {}
        for place, sound in sounds_in(self._standing.roster):
            used.setdefault(sound, []).append(place)
        sounds = [
            {"sound": sound, "seconds": waves.seconds_of(size), "bytes": size, "used": used.get(sound, [])}
            for sound, size in sorted(self._own.sizes.items())
        ]
        missing = sorted(sound for sound in used if sound.startswith(OWN) and not self._own.has(sound))
        return {"sounds": sounds, "missing": missing}

    async def _get(self, args: _Get, _: Command) -> Mapping[str, Any]:
        if args.sound is None:
            return await self._get_default(args.prompt or "", args)
        try:
            data = await self._own.read(args.sound, args.offset, args.length)
        except LookupError:
            raise _not_there(args.sound) from None
        except OSError as error:
            raise CommandError(
                ErrorCode.FAILED, phrase("it cannot be read: {why}", why=str(error.strerror))
            ) from None
        return _piece(data, args.offset, self._own.sizes[args.sound])

    async def _get_default(self, prompt: str, args: _Get) -> Mapping[str, Any]:
        if prompt not in PROMPTS or args.language not in languages():
            raise CommandError(
                ErrorCode.BAD_REQUEST,
                phrase("there is no prompt {prompt} in {language}", prompt=prompt, language=repr(args.language)),
            )
        try:
            whole = await self._default.wav(prompt, args.language)
        except ProgramError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        except OSError as error:
            raise CommandError(
                ErrorCode.FAILED, phrase("it cannot be read: {why}", why=str(error.strerror))
            ) from None
        return _piece(whole[args.offset : args.offset + args.length], args.offset, len(whole))

    async def _remove(self, args: _Remove, _: Command) -> Mapping[str, Any]:
        used = [place for place, sound in sounds_in(self._standing.roster) if sound == args.sound]
        if used:
            places = ", ".join(used)
            raise CommandError(
                ErrorCode.CONFLICT,
                phrase("{sound} is used by {places}; change the roster first", sound=args.sound, places=places),
            )
        try:
            await self._own.remove(args.sound)
        except LookupError:
            raise _not_there(args.sound) from None
        except OSError as error:
            raise CommandError(
                ErrorCode.FAILED, phrase("it cannot be removed: {why}", why=str(error.strerror))
            ) from None
        return {"sound": args.sound}


def _piece(data: bytes, offset: int, size: int) -> Mapping[str, Any]:
    return {"data": base64.b64encode(data).decode(), "bytes": size, "last": offset + len(data) >= size}


def _not_there(sound: str) -> CommandError:
    return CommandError(
        ErrorCode.BAD_REQUEST,
        phrase("there is no sound {sound}; {command} tells those there are", sound=sound, command=LIST),
    )
