"""Mistakes about queues, menus, mailboxes and prompts: whom they name, where they lead, where that never ends."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.roster.check_calls import circles, members, no_prompts, step
from appliance.roster.destinations import Mailbox, Menu, Queue
from appliance.roster.findings import Finding, Parts

QUEUE = "queue:"


def queues(parts: Parts) -> Iterator[Finding]:
    """Agents and overflows that exist, and chains of queues that end."""
    for path, queue in parts.queue:
        yield from members(f"{path}.agents", queue.agents, parts)
        if queue.overflow is not None:
            yield from step(f"{path}.overflow", queue.overflow, parts)
        yield from _prompts(path, queue, parts)
        asked = queue.callback
        if asked is not None and asked.offer_after_s is None and not asked.key:
            yield Finding(f"{path}.callback", "is never offered; give it offer_after_s, or leave key on")
    after = {queue.id: _queue_behind(queue) for _, queue in parts.queue}
    for id_, circle in circles(after):
        path = next(path for path, queue in parts.queue if queue.id == id_)
        yield Finding(
            f"{path}.overflow", f"callers would go in a circle, {circle}; let one of them overflow elsewhere"
        )


def _queue_behind(queue: Queue) -> str | None:
    overflow = queue.overflow or ""
    return overflow.removeprefix(QUEUE) if overflow.startswith(QUEUE) else None


def menus(parts: Parts) -> Iterator[Finding]:
    """Options and operators that exist."""
    for path, menu in parts.menu:
        for digit, text in menu.options.items():
            yield from step(f"{path}.options.{digit}", text, parts)
        if menu.operator is not None:
            yield from step(f"{path}.operator", menu.operator, parts)
        yield from _prompts(path, menu, parts)


def mailboxes(parts: Parts) -> Iterator[Finding]:
    """Prompt sets that exist."""
    for path, mailbox in parts.mailbox:
        yield from _prompts(path, mailbox, parts)


def prompts(parts: Parts) -> Iterator[Finding]:
    """Bases that exist and end."""
    for path, prompt_set in parts.prompts:
        if prompt_set.base is not None and prompt_set.base not in parts.prompts:
            yield Finding(
                f"{path}.base", f"no prompts have the id {prompt_set.base!r}; there is {parts.prompts.listing}"
            )
    for id_, circle in circles({one.id: one.base for _, one in parts.prompts}):
        path = next(path for path, one in parts.prompts if one.id == id_)
        yield Finding(f"{path}.base", f"the bases go in a circle, {circle}; let one of them have none")


def _prompts(path: str, entry: Queue | Menu | Mailbox, parts: Parts) -> Iterator[Finding]:
    if entry.prompts is not None and entry.prompts not in parts.prompts:
        yield no_prompts(path, entry.prompts, parts)
