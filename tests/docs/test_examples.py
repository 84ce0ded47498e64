"""What the pages tell people to write and type exists: configurations, commands, targets, names, links."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from appliance import __version__
from appliance.cli.parser import build_parser
from appliance.config import advice, examine
from appliance.config.models import Config
from appliance.domain.commands import ErrorCode
from appliance.domain.events import EventType
from appliance.exchange.callback.commands import CallbackCommands
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.privacy import PrivacyCommands
from appliance.exchange.commands.prompts import PromptCommands
from appliance.exchange.commands.recordings import RecordingsCommands
from appliance.exchange.commands.stats import StatsCommands
from appliance.exchange.commands.testcall import CallTestCommands
from appliance.exchange.commands.voicemail import VoicemailCommands
from appliance.guard.commands import GuardCommands
from appliance.mqtt.topics import Topics
from appliance.provision.settings import Settings
from tests.docs.pages import PAGES, ROOT, Snippet, anchors, command_lines, fenced, links

WHOLE = [block for block in fenced("toml") if "[device]" in block.text]
PARTS = [block for block in fenced("toml") if "[device]" not in block.text and block.page.name != "roster.md"]
_HEADER = re.compile(r"^\[", re.MULTILINE)


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_a_whole_configuration_has_no_mistake_and_no_warning(block: Snippet, tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(block.text, "utf-8")
    found = examine(file)
    assert not found.mistakes
    assert not found.warnings


@pytest.mark.parametrize("block", PARTS, ids=str)
def test_a_part_of_a_configuration_fits_into_the_whole_one(block: Snippet, tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(_put_into(WHOLE[0].text, block.text), "utf-8")
    assert not examine(file).mistakes


def _put_into(whole: str, part: str) -> str:
    """``part``'s tables join the whole one's; a key given twice counts as the part has it; arrays grow."""
    sections = [whole[at:end] for at, end in _spans(whole)]
    for at, end in _spans(part):
        header, _, lines = part[at:end].partition("\n")
        name = header.partition("#")[0].strip()
        home = next((index for index, section in enumerate(sections) if section.startswith(f"{name}\n")), None)
        if name.startswith("[[") or home is None:
            sections.append(part[at:end])
            continue
        keys = "|".join(map(re.escape, tomllib.loads(lines)))
        sections[home] = re.sub(rf"^(?:{keys})\s*=.*\n", "", sections[home], flags=re.MULTILINE) + lines
    return "\n".join(sections)


def _spans(text: str) -> list[tuple[int, int]]:
    starts = [match.start() for match in _HEADER.finditer(text)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def test_there_is_a_whole_configuration_to_copy() -> None:
    assert [block.page.name for block in WHOLE] == ["README.md"]
    assert PARTS


MAKE = re.compile(r"^make ([a-z]+)\b")


@pytest.mark.parametrize("line", [line for line in command_lines() if MAKE.match(line.text)], ids=str)
def test_every_make_target_exists(line: Snippet) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert MAKE.findall(line.text)[0] in targets


HOTLINE = re.compile(r"^(?:sudo (?:-u hotline )?)?hotline (.*)$")


@pytest.mark.parametrize("line", [line for line in command_lines() if HOTLINE.match(line.text)], ids=str)
def test_every_hotline_command_and_option_exists(line: Snippet) -> None:
    match = HOTLINE.match(line.text)
    assert match is not None
    parser, known = build_parser(), set[str]()
    for word in shlex.split(match[1], comments=True):
        known |= {option for action in parser._actions for option in action.option_strings}
        if word in ("|", "&&", ";", ">", "--"):
            break
        if word.startswith("-") and not word.lstrip("-").isdigit():
            assert word.partition("=")[0] in known, word
        elif (commands := _commands(parser)) is not None:
            assert word in commands, f"{word} is none of {', '.join(commands)}"
            parser = commands[word]


def _commands(parser: ArgumentParser) -> dict[str, ArgumentParser] | None:
    found = [action.choices for action in parser._actions if isinstance(action, _SubParsersAction)]
    return dict(found[0]) if found else None


@pytest.mark.parametrize("block", list(fenced("json")), ids=str)
def test_every_json_example_is_json(block: Snippet) -> None:
    assert isinstance(json.loads(block.text), dict)


MQTT_PAGE = (ROOT / "docs/mqtt.md").read_text("utf-8")


def _every_command() -> list[str]:
    names = GuardCommands(None, None, None, None, None).names  # type: ignore[arg-type]  # only its table is looked at
    none: Any = None
    only: Any = SimpleNamespace
    box = Topics("b", "box")
    tables = (
        StatsCommands(none).table,
        RecordingsCommands(box, "", none, none, none, none).table,
        VoicemailCommands(box, none, none, none, none).table,
        CallbackCommands(box, none, none, none).table,
        PromptCommands(only(own=None, default=None), none, none).table,
        CallTestCommands(none, none).table,
        PrivacyCommands(box, "", (), none, none, none, box=True).table,
    )
    return [*names, *ExchangeCommands("", none, none, none, *tables).names]


def test_every_command_event_and_code_is_told() -> None:
    untold = [name for name in (*_every_command(), *EventType, *ErrorCode) if f"`{name}" not in MQTT_PAGE]
    assert untold == []


def test_a_link_s_list_of_commands_may_name_every_command() -> None:
    assert sorted(advice.COMMANDS) == sorted(set(_every_command()))


def test_every_key_of_the_configuration_is_told() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    assert [key for key in sorted(_keys(Config) | _keys(Settings)) if f"`{key}`" not in page] == []


def _keys(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, info in model.model_fields.items():
        inner = [
            kind
            for kind in (info.annotation, *get_args(info.annotation))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        found |= _keys(inner[0]) if inner else {info.alias or name}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    found = list(links(page))
    assert [target for target, _ in found if not target.exists()] == []
    assert [f"{target}#{anchor}" for target, anchor in found if anchor and anchor not in anchors(target)] == []


def test_the_changelog_begins_with_this_version() -> None:
    released = re.findall(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released[0] == __version__
