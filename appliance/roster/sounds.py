"""Which sounds a roster names, and where. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.roster.models import Roster

PLAY = "play:"


def sounds_in(roster: Roster) -> Iterator[tuple[str, str]]:
    """Each place, in words, with the sound that is named there."""
    for line in roster.line:
        place = f"line {line.id}"
        yield from _plain(place, line.greeting, line.record_notice)
        yield from _played(place, *line.open, *line.closed, *(line.holiday or ()))
    for queue in roster.queue:
        yield from _plain(f"queue {queue.id}", queue.greeting)
        yield from _played(f"queue {queue.id}", queue.overflow)
    for menu in roster.menu:
        yield from _plain(f"menu {menu.id}", menu.sound)
        yield from _played(f"menu {menu.id}", menu.operator, *menu.options.values())
    for mailbox in roster.mailbox:
        yield from _plain(f"mailbox {mailbox.id}", mailbox.greeting)
    for one in roster.prompts:
        for name, sound in one.sounds.items():
            yield f"prompts {one.id}, {name}", sound


def _plain(place: str, *sounds: str | None) -> Iterator[tuple[str, str]]:
    for sound in sounds:
        if sound is not None:
            yield place, sound


def _played(place: str, *steps: str | None) -> Iterator[tuple[str, str]]:
    for step in steps:
        if step is not None and step.startswith(PLAY):
            yield place, step.removeprefix(PLAY)
