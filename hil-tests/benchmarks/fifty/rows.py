"""The call log held against what the ends of the calls heard and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from benchmarks.fifty.rounds import Round
from benchmarks.oncall.numbers import caller

WITHIN_S = 1.0  # "to the second"


def mistakes(round_: Round, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the log says wrong of a round, in words; nothing is right."""
    by_caller: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_caller.setdefault(str(row.get("caller")), []).append(row)
    wrong = []
    for pair in round_.pairs:
        number = caller(pair.caller)
        found = by_caller.pop(number, [])
        if len(found) != 1:
            wrong.append(f"{number} has {len(found)} rows")
        elif pair.phone is None:
            wrong.append(f"{number} was not heard both ways")
        else:
            wrong += [f"{number}: {words}" for words in _row(round_, pair.caller, pair.phone, found[0])]
    return wrong + [f"a call of {number} that nobody made" for number in by_caller]


def _row(round_: Round, who: int, phone: int, row: Mapping[str, Any]) -> list[str]:
    connected_at, ended_at = round_.connected_at[who], round_.ended_at[who]
    leg: Mapping[str, Any] = next((leg for leg in row.get("legs", ()) if leg.get("result") == "talked"), {})
    told = {
        "outcome": (row.get("outcome"), "answered"),
        "answered_by": (row.get("answered_by"), f"talker-{phone}"),
        "ended_by": (row.get("ended_by"), "caller"),
    }
    wrong = [f"{key} is {said}, not {right}" for key, (said, right) in told.items() if said != right]
    if not row.get("recording"):
        wrong.append("no recording")
    seconds = {
        "the leg's answered_at": (_unix(leg.get("answered_at")), round_.picked_up_at[phone]),
        "answered_at": (_unix(row.get("answered_at")), connected_at),
        "ended_at": (_unix(row.get("ended_at")), ended_at),
        "talked_s": (row.get("talked_s"), ended_at - connected_at),
    }
    return wrong + [
        f"{key} is {said}, not {right:.1f}"
        for key, (said, right) in seconds.items()
        if said is None or abs(said - right) > WITHIN_S
    ]


def _unix(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
