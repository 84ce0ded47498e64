"""The queues as all exchanges together have them: who waits, and what each agent does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.situation.times import instant

# what one exchange knows better than another, which sees nothing of a call elsewhere
TELLING = ("busy", "ringing", "wrap-up", "paused", "out", "free")


@dataclass(frozen=True, slots=True)
class AgentView:
    """``state`` as the exchange tells it: ``free``, ``ringing``, ``busy``, ``wrap-up``, ``paused`` or ``out``;
    ``presence`` is what was said last: ``in``, ``paused``, ``out``."""

    person: str
    state: str
    presence: str
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueueView:
    """``waiting`` callers at all exchanges; the waits in seconds."""

    id: str
    name: str
    waiting: int
    longest_wait_s: float | None
    expected_wait_s: float | None
    agents: tuple[AgentView, ...]


def queues_of(states: Iterable[Mapping[str, Any]], now: datetime) -> tuple[QueueView, ...]:
    """Of the states of the exchanges that serve. What is not as it should be is passed over."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for state in states:
        for one in _tables(state.get("queues")):
            if isinstance(one.get("id"), str):
                told.setdefault(one["id"], []).append(one)
    return tuple(_queue(id_, found, now) for id_, found in told.items())


def _queue(id_: str, told: Sequence[Mapping[str, Any]], now: datetime) -> QueueView:
    agents: dict[str, list[AgentView]] = {}
    for one in told:
        for agent in _tables(one.get("agents")):
            view = _agent(agent)
            agents.setdefault(view.person, []).append(view)
    return QueueView(
        id_,
        str(told[0].get("name") or id_),
        sum(int(number) for one in told if (number := _number(one.get("waiting"))) is not None),
        max((wait for one in told if (wait := _longest_wait_s(one, now)) is not None), default=None),
        max(_numbers(told, "expected_wait_s"), default=None),
        tuple(min(found, key=lambda view: TELLING.index(view.state)) for found in agents.values()),
    )


def _agent(told: Mapping[str, Any]) -> AgentView:
    state, presence = str(told.get("state")), str(told.get("presence"))
    return AgentView(
        str(told.get("person")),
        state if state in TELLING else "out",
        presence if presence in ("in", "paused", "out") else "out",
        instant(told.get("until")),
        str(told.get("reason") or ""),
    )


def _longest_wait_s(told: Mapping[str, Any], now: datetime) -> float | None:
    """From since when somebody waits: a state may be a minute old. Older exchanges tell the wait alone."""
    since = instant(told.get("waiting_since"))
    return _number(told.get("longest_wait_s")) if since is None else max(0.0, (now - since).total_seconds())


def _numbers(told: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [number for one in told if (number := _number(one.get(key))) is not None]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
