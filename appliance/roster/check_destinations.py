"""Mistakes about queues, menus, mailboxes and prompts: whom they name, where they lead, where that never ends."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from appliance.domain.phrase import phrase
from appliance.domain.prompts import PROMPTS, is_name
from appliance.roster.check_calls import circles, members, no_prompts, step
from appliance.roster.destinations import Mailbox, Menu, Queue
from appliance.roster.findings import Finding, Parts, unknown

QUEUE, MENU = "queue:", "menu:"


def queues(parts: Parts) -> Iterator[Finding]:
    """Agents and overflows that exist, and chains of queues that end."""
    for path, queue in parts.queue:
        yield from members(f"{path}.agents", queue.agents, parts)
        if queue.overflow is not None:
            yield from step(f"{path}.overflow", queue.overflow, parts)
        yield from _prompts(path, queue, parts)
        asked = queue.callback
        if asked is not None and asked.offer_after_s is None and not asked.key:
            never = phrase("is never offered; give it offer_after_s, or leave key on")
            yield Finding(f"{path}.callback", never)


def menus(parts: Parts) -> Iterator[Finding]:
    """Options and operators that exist."""
    for path, menu in parts.menu:
        for digit, text in menu.options.items():
            yield from step(f"{path}.options.{digit}", text, parts)
        if menu.operator is not None:
            yield from step(f"{path}.operator", menu.operator, parts)
        if menu.sound is None and menu.text is None:
            silent = phrase('is missing, and so is text; add sound = "custom/menu" or text = "..."')
            yield Finding(f"{path}.sound", silent)
        yield from _prompts(path, menu, parts)


def going_round(parts: Parts) -> Iterator[Finding]:
    """Where callers who do nothing are led in a circle: full queues that overflow, and menus nobody answers.

    A key may lead back to an earlier menu: that is the caller's own will."""
    after = {f"{QUEUE}{queue.id}": _waiting(queue.overflow) for _, queue in parts.queue}
    after |= {f"{MENU}{menu.id}": _waiting(menu.operator) for _, menu in parts.menu}
    paths = {f"{QUEUE}{queue.id}": f"{path}.overflow" for path, queue in parts.queue}
    paths |= {f"{MENU}{menu.id}": f"{path}.operator" for path, menu in parts.menu}
    for first, circle in circles(after):
        endless = phrase("callers would go in a circle, {circle}; let one of them lead elsewhere", circle=circle)
        yield Finding(paths[first], endless)


def _waiting(step: str | None) -> str | None:
    return step if step is not None and step.startswith((QUEUE, MENU)) else None


def mailboxes(parts: Parts) -> Iterator[Finding]:
    """Prompt sets that exist."""
    for path, mailbox in parts.mailbox:
        yield from _prompts(path, mailbox, parts)


def prompts(parts: Parts) -> Iterator[Finding]:
    """Prompts that there are; bases that exist and end."""
    for path, prompt_set in parts.prompts:
        if prompt_set.base is not None and prompt_set.base not in parts.prompts:
            yield Finding(f"{path}.base", unknown("prompts", prompt_set.base, parts.prompts))
        for name in prompt_set.sounds:
            if not is_name(name):
                near = difflib.get_close_matches(name, PROMPTS, n=1)
                yield Finding(
                    f"{path}.sounds.{name}",
                    phrase("no prompt has this name; did you mean {name}?", name=near[0])
                    if near
                    else phrase("no prompt has this name; hotline prompts names lists them"),
                )
    for id_, circle in circles({one.id: one.base for _, one in parts.prompts}):
        path = next(path for path, one in parts.prompts if one.id == id_)
        endless = phrase("the bases go in a circle, {circle}; let one of them have none", circle=circle)
        yield Finding(f"{path}.base", endless)


def _prompts(path: str, entry: Queue | Menu | Mailbox, parts: Parts) -> Iterator[Finding]:
    if entry.prompts is not None and entry.prompts not in parts.prompts:
        yield no_prompts(path, entry.prompts, parts)
