"""``hotline prompts``: what is said to callers, and sounds of one's own for it."""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import secrets
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance import wholefile
from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.roster import standing_roster
from appliance.config import Config
from appliance.config.load import read_at_most
from appliance.domain.prompts import MOST_FILE_BYTES, PROMPTS, Kind, is_name
from appliance.prompts.grammar import in_words
from appliance.prompts.numbers import as_said
from appliance.prompts.phrases import DEFAULT, languages, texts
from appliance.roster.destinations import PromptSet
from appliance.roster.models import Roster, to_document
from appliance.situation.times import span
from appliance.translation import _

PIECE_BYTES = 192 * 1024
ASK_WITHIN_S = 90.0  # an hour of music takes sox a while


def names(arguments: argparse.Namespace) -> int:
    """Every prompt with what it says."""
    said = texts(_language(arguments.language)).say
    if arguments.json:
        print(json.dumps({name: said[name] for name in PROMPTS}, ensure_ascii=False))
        return Exit.DONE
    width = max(map(len, PROMPTS))
    for name in PROMPTS:
        print(f"{name:<{width}}  {said[name]}")
    return Exit.DONE


def say(arguments: argparse.Namespace) -> int:
    """The words of one prompt, with values."""
    kinds = PROMPTS.get(arguments.name)
    if kinds is None:
        raise CliError(Exit.USAGE, _("no prompt is called {name}").format(name=arguments.name))
    config = guardlink.configuration(arguments) if _LOCAL & {*kinds.values()} else None
    language = _language(arguments.language)
    given = dict(one.partition("=")[::2] for one in arguments.values)
    if given.keys() != kinds.keys():
        wanted = " ".join(f"{name}={_EXAMPLES[kind]}" for name, kind in kinds.items()) or _("no values")
        raise CliError(Exit.USAGE, _("{name} takes {values}").format(name=arguments.name, values=wanted))
    try:
        words = {name: in_words(language, kind, _value(kind, given[name], config)) for name, kind in kinds.items()}
    except ValueError as error:
        raise CliError(Exit.USAGE, str(error)) from None
    print(texts(language).say[arguments.name].format_map(words))
    return Exit.DONE


def table(arguments: argparse.Namespace) -> int:
    """The imported sounds, and where the roster uses them."""
    config = guardlink.configuration(arguments)
    answer = guardlink.to_exchange(config, arguments.timeout or ASK_WITHIN_S, "prompt.list", {})
    sounds = [one for one in answer.get("sounds") or () if isinstance(one, dict)]
    if arguments.json:
        print(json.dumps({"schema": 1, **answer}, ensure_ascii=False))
        return Exit.DONE
    for one in sounds:
        used = ", ".join(map(str, one.get("used") or ())) or _("used nowhere")
        print(f"{one.get('sound')}  {span(float(one.get('seconds') or 0))}  {used}")
    if not sounds:
        print(_("no sounds of your own"))
    for sound in answer.get("missing") or ():
        line = _("{sound} is named by the roster, and this exchange has not got it").format(sound=sound)
        print(f"hotline: {line}", file=sys.stderr)
    return Exit.DONE


def import_file(arguments: argparse.Namespace) -> int:
    """Check and convert a sound, and with --set let a prompt set use it."""
    config = guardlink.configuration(arguments)
    if arguments.set is not None and not is_name(arguments.name):
        raise CliError(
            Exit.USAGE, _("no prompt is called {name}; see: hotline prompts names").format(name=arguments.name)
        )
    try:
        data = read_at_most(arguments.file, MOST_FILE_BYTES)
    except OSError as error:
        raise CliError(Exit.USAGE, f"{arguments.file}: {error.strerror}") from None
    if not data:
        raise CliError(Exit.USAGE, _("{file}: is empty").format(file=arguments.file))
    if len(data) > MOST_FILE_BYTES:
        raise CliError(
            Exit.USAGE, _("{file}: has more than {n} bytes").format(file=arguments.file, n=MOST_FILE_BYTES)
        )
    answer = _put(config, arguments.timeout or ASK_WITHIN_S, arguments.name, data)
    sound = str(answer.get("sound"))
    print(_("{sound}: {length}").format(sound=sound, length=span(float(answer.get("seconds") or 0))))
    if answer.get("clipped"):
        print("hotline: " + _("much of it is at the limit: it was recorded too loud"), file=sys.stderr)
    if arguments.set is not None:
        _in_set(arguments, arguments.set, arguments.name, sound)
    return Exit.DONE


def export(arguments: argparse.Namespace) -> int:
    """Fetch a sound as it is played."""
    config = guardlink.configuration(arguments)
    data = b""
    while True:
        args = {"sound": arguments.sound, "offset": len(data)}
        answer = guardlink.to_exchange(config, arguments.timeout or ASK_WITHIN_S, "prompt.get", args)
        try:
            piece = base64.b64decode(str(answer.get("data")), validate=True)
        except binascii.Error:
            raise CliError(Exit.REFUSED, _("what the exchange sent is no sound")) from None
        data += piece
        if answer.get("last") is True or not piece:
            break
    try:
        wholefile.replace(arguments.file, data)
    except OSError as error:
        raise CliError(Exit.REFUSED, f"{arguments.file}: {error.strerror}") from None
    print(_("{file}: {n} bytes").format(file=arguments.file, n=len(data)))
    return Exit.DONE


def remove(arguments: argparse.Namespace) -> int:
    """Remove a sound; with --set, a prompt set's own sound for a prompt."""
    if arguments.set is not None:
        _in_set(arguments, arguments.set, arguments.name, None)
        return Exit.DONE
    config = guardlink.configuration(arguments)
    guardlink.to_exchange(config, arguments.timeout or ASK_WITHIN_S, "prompt.remove", {"sound": arguments.name})
    print(_("{sound} is removed from this exchange").format(sound=arguments.name))
    return Exit.DONE


def _put(config: Config, timeout_s: float, name: str, data: bytes) -> Mapping[str, Any]:
    upload, answer = secrets.token_hex(8), dict[str, Any]()
    for offset in range(0, len(data), PIECE_BYTES):
        args = {
            "upload": upload,
            "name": name,
            "offset": offset,
            "total": len(data),
            "data": base64.b64encode(data[offset : offset + PIECE_BYTES]).decode(),
        }
        answer = dict(guardlink.to_exchange(config, timeout_s, "prompt.put", args))
    return answer


def _in_set(arguments: argparse.Namespace, id_: str, name: str, sound: str | None) -> None:
    """Have the set use the sound for the prompt; ``None``: its own no more."""
    standing = standing_roster(arguments)
    found = next((one for one in standing.prompts if one.id == id_), None)
    if found is None:
        if sound is None or arguments.language is None:
            line = _("no prompts have the id {id}; with --language they are begun").format(id=id_)
            raise CliError(Exit.USAGE, line)
        found = PromptSet(id=id_, language=arguments.language)
    sounds = {**found.sounds, name: sound} if sound is not None else {**found.sounds}
    if sound is None and sounds.pop(name, None) is None:
        raise CliError(Exit.REFUSED, _("the set {id} has no sound for {name}").format(id=id_, name=name))
    changed = found.model_copy(update={"sounds": sounds})
    roster = _with_set(standing, changed)
    args = {"roster": to_document(roster), "revision": standing.revision}
    _config, result = guardlink.command(arguments, "roster.set", args, timeout_s=60.0)
    print(_("revision {n} stands").format(n=result.get("revision")))


def _with_set(roster: Roster, changed: PromptSet) -> Roster:
    others = tuple(one for one in roster.prompts if one.id != changed.id)
    return roster.model_copy(update={"prompts": (*others, changed)})


def _language(language: str | None) -> str:
    if language is not None and language not in languages():
        line = _("there are no texts in {language}; there are {languages}")
        raise CliError(Exit.USAGE, line.format(language=language, languages=", ".join(languages())))
    return language or DEFAULT


_LOCAL = {Kind.PHONE, Kind.MOMENT}  # said as people here say it
_EXAMPLES = {
    Kind.COUNT: "3",
    Kind.MINUTES: "5",
    Kind.PHONE: "+420777000111",
    Kind.DIGITS: "123",
    Kind.MOMENT: "2026-03-01T14:05",
    Kind.NAME: "Eva",
}


def _value(kind: Kind, text: str, config: Config | None) -> int | str | datetime:
    if kind in (Kind.COUNT, Kind.MINUTES):
        return int(text)
    if kind is Kind.MOMENT:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is None or config is None else at.astimezone(ZoneInfo(config.device.timezone))
    return as_said(text, config.device.region) if kind is Kind.PHONE and config is not None else text
