"""A changed roster on its way to the guard: checked by it first, then saved; what it says in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.domain.phrase_words import text_of, texts_of
from appliance.mqtt.asker import UnreachableError
from appliance.situation.said import said
from appliance.translation import _
from appliance.web.box import CommandRefusedError
from appliance.web.visit import Visit

SAVE_WITHIN_S = 60.0  # PINs of many people are hashed by the guard
HEARD_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wrong`` says why there is none; ``mistakes`` and ``warnings`` are pairs of a place and a sentence."""

    wrong: str = ""
    mistakes: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it may be saved."""
        return not self.wrong and not self.mistakes


async def check(visit: Visit, document: Mapping[str, Any], revision: int) -> Verdict:
    """The check of ``hotline roster check``, by the guard, which knows what pages do not (secrets, accounts)."""
    try:
        told = await visit.desk.box.ask("roster.check", {"roster": dict(document), "revision": revision})
    except CommandRefusedError as error:
        return Verdict(refusal(error))
    except UnreachableError:
        return Verdict(_("The guard did not answer. Nothing was changed; try again."))
    return Verdict("", _pairs(told.get("mistakes")), _pairs(told.get("warnings")), texts_of(told, "changes"))


async def save(visit: Visit, document: Mapping[str, Any], revision: int, *, subject: str, detail: str | None) -> str:
    """Let it stand; what went wrong in words, or nothing. The wish is noted before, its outcome after."""
    args = {"roster": dict(document), "revision": revision}
    return await order(visit, "roster.set", args, subject=subject, detail=detail, timeout_s=SAVE_WITHIN_S)


async def order(
    visit: Visit, name: str, args: dict[str, Any], *, subject: str, detail: str | None, timeout_s: float = 10.0
) -> str:
    """Give the guard a command in this person's name; what went wrong in words, or nothing."""
    await visit.note(f"{name}.wished", subject=subject, detail=detail)
    try:
        told = await visit.desk.box.ask(name, {**args, "by": visit.account.name}, timeout_s=timeout_s)
    except CommandRefusedError as error:
        await visit.note(f"{name}.refused", subject=subject, detail=f"{error.code}: {error}"[:500])
        return refusal(error)
    except UnreachableError:
        await visit.note(f"{name}.unanswered", subject=subject)
        return _(
            "The guard did not answer. It may have done it all the same: look at this page before you try again."
        )
    await visit.note(f"{name}.done", subject=subject)
    await _heard(visit, told.get("revision"))
    return ""


def refusal(error: CommandRefusedError) -> str:
    """What the guard said, in words."""
    if error.code == "conflict":
        return _("Somebody changed the roster meanwhile, or there is none to go back to: {why}").format(
            why=said(str(error))
        )
    return _("The guard refused: {why}").format(why=said(str(error)))


async def _heard(visit: Visit, revision: object) -> None:
    """Wait until the changed roster has come, so that the next page shows it; not for long."""
    if not isinstance(revision, int):
        return
    box = visit.desk.box
    try:
        async with asyncio.timeout(HEARD_WITHIN_S):
            while box.revision < revision:
                await box.changed(box.version)
    except TimeoutError:
        return


def _pairs(found: object) -> tuple[tuple[str, str], ...]:
    listed = found if isinstance(found, list) else []
    return tuple((str(one.get("path")), text_of(one, "message")) for one in listed if isinstance(one, dict))
