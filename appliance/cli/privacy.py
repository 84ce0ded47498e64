"""``hotline privacy export`` and ``hotline privacy erase``: everything of one caller, wherever the box can ask."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.recordings import fetch
from appliance.translation import _

TIMEOUT_S = 60.0  # the exchange asks others, and waits for them
MODE = 0o600
SOUNDS = {"recordings": "recording.read", "messages": "voicemail.read"}


def export(arguments: argparse.Namespace) -> int:
    """Write one archive: what is known as JSON, the recordings, and the messages that were left."""
    config = guardlink.configuration(arguments)
    timeout_s = arguments.timeout or TIMEOUT_S
    answer = guardlink.to_exchange(config, timeout_s, "privacy.export", {"number": arguments.number})
    gone: dict[str, list[str]] = {kind: [] for kind in SOUNDS}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for kind, command in SOUNDS.items():
            for one in _listed(answer, kind):
                name, exchange = str(one.get("id")), str(one.get("exchange"))
                try:
                    sound = fetch(config, timeout_s, name, exchange, command)
                except guardlink.RefusedError:
                    gone[kind].append(name)
                else:
                    file.writestr(f"{kind}/{exchange}/{name.removesuffix('.wav')}.wav", sound)
        told = {"schema": 1, **answer, **{f"{kind}_that_could_not_be_fetched": names for kind, names in gone.items()}}
        file.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2))
    try:
        descriptor = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
        with os.fdopen(descriptor, "wb") as whole:
            whole.write(archive.getvalue())
    except OSError as error:
        raise CliError(Exit.REFUSED, f"{arguments.file}: {error.strerror}") from None
    print(_("{file}: {n} bytes").format(file=arguments.file, n=len(archive.getvalue())))
    return _complete(answer, gone)


def erase(arguments: argparse.Namespace) -> int:
    """Erase, and say what is left to do."""
    config = guardlink.configuration(arguments)
    answer = guardlink.to_exchange(
        config, arguments.timeout or TIMEOUT_S, "privacy.erase", {"number": arguments.number}
    )
    if arguments.json:
        print(json.dumps({"schema": 1, **answer}, ensure_ascii=False))
    else:
        erased = answer.get("erased")
        for place, counts in sorted(erased.items()) if isinstance(erased, dict) else ():
            told = ", ".join(f"{kind} {count}" for kind, count in counts.items()) if isinstance(counts, dict) else ""
            print(f"{place}: {told}")
    return _complete(answer, {})


def _complete(answer: Mapping[str, Any], gone: Mapping[str, Sequence[str]]) -> int:
    """Whatever could not be done is an exit code of its own: whoever has to tell the caller must know."""
    missing, in_use = answer.get("missing") or (), answer.get("in_use") or 0
    for place in missing:
        print(_("hotline: {place} did not answer; ask again once it is back").format(place=place), file=sys.stderr)
    if in_use:
        print(_("hotline: {n} are still in use; ask again later").format(n=in_use), file=sys.stderr)
    for name in gone.get("recordings", ()):
        print(_("hotline: the recording {name} could not be fetched").format(name=name), file=sys.stderr)
    for name in gone.get("messages", ()):
        print(_("hotline: the message {name} could not be fetched").format(name=name), file=sys.stderr)
    return Exit.REFUSED if missing or in_use or any(gone.values()) else Exit.DONE


def _listed(answer: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    found = answer.get("found")
    places = found.values() if isinstance(found, dict) else ()
    return [
        one
        for place in places
        if isinstance(place, dict)
        for one in place.get(kind) or ()
        if isinstance(one, dict) and one.get("state") != "taking"
    ]
